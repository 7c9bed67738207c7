// The words of the admin service, for the command line.

export type {
  AdminService,
  DoctorFinding,
  ErrorView,
  GroupDetails,
  GroupSummary,
  OffsetReset,
  TapRecord,
  TopicDetails,
  TopicListing,
} from '../core/admin/admin-service.js'
export type { CaseResult, Mismatch, TestReport } from './testing/test-files.js'
export type { Change, SettingChange } from '../config/difference.js'
export type { EdgePreview } from './preview.js'
export type { PlannedChanges } from './plan-changes.js'
export type { ReplayReport } from '../core/pipeline/replay/replay-report.js'
export type { EdgeStatus } from '../core/pipeline/pipeline-status.js'
export { bytesText } from '../core/admin/bytes-text.js'
export type { LogFields, Logger } from '../core/telemetry/logger.js'
