// The formats that a parse step reads, for the settings of files.

export const parseFormats = ['json', 'logfmt', 'regex', 'syslog', 'cri', 'klog', 'access'] as const

export type ParseFormat = (typeof parseFormats)[number]
