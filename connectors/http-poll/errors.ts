import { defineErrors } from '../../core/errors/tailrace-error.js'

/** What the http-poll source may answer. */
export const httpPollErrors = defineErrors({
  http_poll_unavailable: {
    retry: 'timed',
    summary: 'A polled server cannot be reached, answers too slowly, or says that it has no time.',
    hint: 'It is asked again by itself, no earlier than its Retry-After says.',
  },
  http_poll_refused: {
    retry: 'manual',
    summary: 'A polled server refuses the request.',
    hint: 'Check `url`, `auth` and the parameters against what the server takes. It is asked again by itself.',
  },
  http_poll_redirected: {
    retry: 'manual',
    summary: 'A polled server sends the source elsewhere; redirects are not followed.',
    hint: 'Give `url` as the server wants it.',
  },
  http_poll_body_invalid: {
    retry: 'manual',
    summary: 'An answer is not what the settings say: nothing of it was taken.',
    hint: 'Compare `format`, `records` and `pagination` with what the server answers.',
  },
  http_poll_body_too_large: {
    retry: 'manual',
    summary: 'An answer is larger than `maxBody`, as it was sent or unpacked, or holds more than 100,000 records.',
    hint: 'Ask for smaller pages, or raise `maxBody`.',
  },
  http_poll_record_invalid: {
    retry: 'manual',
    summary: 'A record has not what `id` or `cursor` ask for, or is no JSON.',
    hint: 'Correct the settings; or let `badRecords` set such records aside as dead letters.',
  },
  http_poll_link_refused: {
    retry: 'manual',
    summary: 'The link to the next page leads to another host, or is no link.',
    hint: 'Name the host in `allowHosts` when it is meant.',
  },
  http_poll_page_expired: {
    retry: 'manual',
    summary: 'The server no longer knows the page that the source has to go on with.',
    hint: 'Set pagination.expired to "restart" to begin the round again: what it gave before comes twice.',
  },
  http_poll_pages_circle: {
    retry: 'manual',
    summary: 'The pages of a round lead back to one that was read already.',
    hint: 'Compare `pagination` with what the server expects: the parameter may have another name.',
  },
  http_poll_cursor_crowded: {
    retry: 'manual',
    summary: 'More than 20,000 records lie at the end of the cursor: they cannot all be remembered.',
    hint: 'Take a finer field as `cursor`, or a shorter `cursor.overlap`.',
  },
  http_poll_cursor_changed: {
    retry: 'manual',
    summary: 'The source was run with another cursor: what it remembers says nothing about this one.',
    hint: 'Give the source another name to begin anew, or put the cursor back.',
  },
})
