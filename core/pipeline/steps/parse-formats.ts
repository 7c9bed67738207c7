// The formats that a parse step reads, for the settings of files.

export const parseFormats = ['json', 'logfmt', 'regex'] as const

export type ParseFormat = (typeof parseFormats)[number]
