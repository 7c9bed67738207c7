import { defineErrors } from '../core/errors/tailrace-error.js'

export const hubErrors = defineErrors({
  usage: {
    retry: 'never',
    summary: 'The command line is not understood.',
    hint: 'Look at `tailrace --help`, or `tailrace COMMAND --help`.',
  },
  no_data_directory: {
    retry: 'manual',
    summary: 'There is no data directory where the command looks.',
    hint: 'Name it with --data DIR, or a running hub with --http HOST:PORT.',
  },
  unknown_connector: {
    retry: 'never',
    summary: 'There is no connector of this type.',
    hint: 'List them with `tailrace connectors`.',
  },
  unknown_engine: {
    retry: 'never',
    summary: 'There is no engine behind this URL.',
    hint: 'Use --engine embedded: (the default), or memory: to try something out.',
  },
  api_off: {
    retry: 'manual',
    summary: 'A hub owns the data directory and has no admin API.',
    hint: 'Start it without --http off, or stop it: the command then opens the data directory itself.',
  },
  hub_unreachable: {
    retry: 'timed',
    summary: 'No hub answers at the address.',
    hint: 'Check that it runs and that the address is right; without --http the data directory is opened instead.',
  },
  hub_refused: {
    retry: 'manual',
    summary: 'What answers at the address is no hub, or one of another version.',
    hint: 'Check the address, and that command and hub have the same version.',
  },
  invalid_test_case: {
    retry: 'never',
    summary: 'A case of a pipeline file cannot be run.',
    hint: 'See docs/testing-pipelines.md for what a case may hold.',
  },
  no_test_cases: {
    retry: 'never',
    summary: 'The files hold no case to run.',
    hint: 'Write some under "tests", or record one with --record.',
  },
})
