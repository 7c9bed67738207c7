// Compressed record batches of foreign producers, as they came over the wire or from their encoder. Each holds twenty
// records: key "key-N" with N from 0 to 3 in turn, a JSON object as value, the header "origin" with the producer's name.
//
// kcat 1.7.1 (librdkafka 2.0.2) with `-z CODEC`, read back from librdkafka's mock broker, for which it writes snappy raw.
// kafka-python 2.0.2's batch builder, which writes snappy in xerial's frames, and lz4 with a content size.

export interface ForeignBatch {
  readonly name: string
  readonly producer: string
  readonly codec: number
  readonly batch: Buffer
}

export const foreignBatches: readonly ForeignBatch[] = [
  {
    name: 'kcat -z none',
    producer: 'kcat',
    codec: 0,
    batch: Buffer.from(
      'AAAAAAAAAAAAAAhvAAAAAAIAYtBkAAAAAAATAAABogTTDu4AAAGiBNMO7v//////////////////AAAAFM4BAAAACmtleS0wngF7ImxldmVsIj' +
        'oiaW5mbyIsIm1lc3NhZ2UiOiJyZXF1ZXN0IHNlcnZlZCIsInN0YXR1cyI6MjAwLCJwYXRoIjoiL2FwaS9vcmRlcnMvMCJ9AgxvcmlnaW4Ia2Nh' +
        'dM4BAAACCmtleS0xngF7ImxldmVsIjoiaW5mbyIsIm1lc3NhZ2UiOiJyZXF1ZXN0IHNlcnZlZCIsInN0YXR1cyI6MjAwLCJwYXRoIjoiL2FwaS' +
        '9vcmRlcnMvMSJ9AgxvcmlnaW4Ia2NhdM4BAAAECmtleS0yngF7ImxldmVsIjoiaW5mbyIsIm1lc3NhZ2UiOiJyZXF1ZXN0IHNlcnZlZCIsInN0' +
        'YXR1cyI6MjAwLCJwYXRoIjoiL2FwaS9vcmRlcnMvMiJ9AgxvcmlnaW4Ia2NhdM4BAAAGCmtleS0zngF7ImxldmVsIjoiaW5mbyIsIm1lc3NhZ2' +
        'UiOiJyZXF1ZXN0IHNlcnZlZCIsInN0YXR1cyI6MjAwLCJwYXRoIjoiL2FwaS9vcmRlcnMvMyJ9AgxvcmlnaW4Ia2NhdM4BAAAICmtleS0wngF7' +
        'ImxldmVsIjoiaW5mbyIsIm1lc3NhZ2UiOiJyZXF1ZXN0IHNlcnZlZCIsInN0YXR1cyI6MjAwLCJwYXRoIjoiL2FwaS9vcmRlcnMvNCJ9Agxvcm' +
        'lnaW4Ia2NhdM4BAAAKCmtleS0xngF7ImxldmVsIjoiaW5mbyIsIm1lc3NhZ2UiOiJyZXF1ZXN0IHNlcnZlZCIsInN0YXR1cyI6MjAwLCJwYXRo' +
        'IjoiL2FwaS9vcmRlcnMvNSJ9AgxvcmlnaW4Ia2NhdM4BAAAMCmtleS0yngF7ImxldmVsIjoiaW5mbyIsIm1lc3NhZ2UiOiJyZXF1ZXN0IHNlcn' +
        'ZlZCIsInN0YXR1cyI6MjAwLCJwYXRoIjoiL2FwaS9vcmRlcnMvNiJ9AgxvcmlnaW4Ia2NhdM4BAAAOCmtleS0zngF7ImxldmVsIjoiaW5mbyIs' +
        'Im1lc3NhZ2UiOiJyZXF1ZXN0IHNlcnZlZCIsInN0YXR1cyI6MjAwLCJwYXRoIjoiL2FwaS9vcmRlcnMvNyJ9AgxvcmlnaW4Ia2NhdM4BAAAQCm' +
        'tleS0wngF7ImxldmVsIjoiaW5mbyIsIm1lc3NhZ2UiOiJyZXF1ZXN0IHNlcnZlZCIsInN0YXR1cyI6MjAwLCJwYXRoIjoiL2FwaS9vcmRlcnMv' +
        'OCJ9AgxvcmlnaW4Ia2NhdM4BAAASCmtleS0xngF7ImxldmVsIjoiaW5mbyIsIm1lc3NhZ2UiOiJyZXF1ZXN0IHNlcnZlZCIsInN0YXR1cyI6Mj' +
        'AwLCJwYXRoIjoiL2FwaS9vcmRlcnMvOSJ9AgxvcmlnaW4Ia2NhdNABAAAUCmtleS0yoAF7ImxldmVsIjoiaW5mbyIsIm1lc3NhZ2UiOiJyZXF1' +
        'ZXN0IHNlcnZlZCIsInN0YXR1cyI6MjAwLCJwYXRoIjoiL2FwaS9vcmRlcnMvMTAifQIMb3JpZ2luCGtjYXTQAQAAFgprZXktM6ABeyJsZXZlbC' +
        'I6ImluZm8iLCJtZXNzYWdlIjoicmVxdWVzdCBzZXJ2ZWQiLCJzdGF0dXMiOjIwMCwicGF0aCI6Ii9hcGkvb3JkZXJzLzExIn0CDG9yaWdpbghr' +
        'Y2F00AEAABgKa2V5LTCgAXsibGV2ZWwiOiJpbmZvIiwibWVzc2FnZSI6InJlcXVlc3Qgc2VydmVkIiwic3RhdHVzIjoyMDAsInBhdGgiOiIvYX' +
        'BpL29yZGVycy8xMiJ9AgxvcmlnaW4Ia2NhdNABAAAaCmtleS0xoAF7ImxldmVsIjoiaW5mbyIsIm1lc3NhZ2UiOiJyZXF1ZXN0IHNlcnZlZCIs' +
        'InN0YXR1cyI6MjAwLCJwYXRoIjoiL2FwaS9vcmRlcnMvMTMifQIMb3JpZ2luCGtjYXTQAQAAHAprZXktMqABeyJsZXZlbCI6ImluZm8iLCJtZX' +
        'NzYWdlIjoicmVxdWVzdCBzZXJ2ZWQiLCJzdGF0dXMiOjIwMCwicGF0aCI6Ii9hcGkvb3JkZXJzLzE0In0CDG9yaWdpbghrY2F00AEAAB4Ka2V5' +
        'LTOgAXsibGV2ZWwiOiJpbmZvIiwibWVzc2FnZSI6InJlcXVlc3Qgc2VydmVkIiwic3RhdHVzIjoyMDAsInBhdGgiOiIvYXBpL29yZGVycy8xNS' +
        'J9AgxvcmlnaW4Ia2NhdNABAAAgCmtleS0woAF7ImxldmVsIjoiaW5mbyIsIm1lc3NhZ2UiOiJyZXF1ZXN0IHNlcnZlZCIsInN0YXR1cyI6MjAw' +
        'LCJwYXRoIjoiL2FwaS9vcmRlcnMvMTYifQIMb3JpZ2luCGtjYXTQAQAAIgprZXktMaABeyJsZXZlbCI6ImluZm8iLCJtZXNzYWdlIjoicmVxdW' +
        'VzdCBzZXJ2ZWQiLCJzdGF0dXMiOjIwMCwicGF0aCI6Ii9hcGkvb3JkZXJzLzE3In0CDG9yaWdpbghrY2F00AEAACQKa2V5LTKgAXsibGV2ZWwi' +
        'OiJpbmZvIiwibWVzc2FnZSI6InJlcXVlc3Qgc2VydmVkIiwic3RhdHVzIjoyMDAsInBhdGgiOiIvYXBpL29yZGVycy8xOCJ9AgxvcmlnaW4Ia2' +
        'NhdNABAAAmCmtleS0zoAF7ImxldmVsIjoiaW5mbyIsIm1lc3NhZ2UiOiJyZXF1ZXN0IHNlcnZlZCIsInN0YXR1cyI6MjAwLCJwYXRoIjoiL2Fw' +
        'aS9vcmRlcnMvMTkifQIMb3JpZ2luCGtjYXQ=',
      'base64',
    ),
  },
  {
    name: 'kcat -z gzip',
    producer: 'kcat',
    codec: 1,
    batch: Buffer.from(
      'AAAAAAAAAAAAAAFKAAAAAAJ8G4c4AAEAAAATAAABogTTEO0AAAGiBNMQ7f//////////////////AAAAFB+LCAAAAAAAAAO11M1qAjEUhuFRpI' +
        'iISBERkSIH6coy4/jT6t2EerSDP2OTKJTirYhXJL2k5szsDlnmbJPAs3jJ96hEUdTY4c9bcqv8wh4vuIcVZMdNDmM4oDFqi+5A4/cZjR0a1Bdc' +
        'uytjlT0bWKVJMoaTsl/uUaxOWZzrNWoTJ3CtNnOdbbNjffep7MNB1QKahIUmHqhWQGlYKPVATwU0DQtNPVBdotHMAzUkGs09UFOi0cIDtSQavX' +
        'ugtkSjDw/0LNFoyaA/B3XKRvewH5ZPA0ndMlJgiW8DSb2yUmCJjwNJ/TJTYImvA0kDkU58Hkh6EenE94GkoUgnPhAkgUgnvhAkjUQ68Ykg6VWk' +
        'E9+If+yG8wo+CAAA',
      'base64',
    ),
  },
  {
    name: 'kcat -z snappy',
    producer: 'kcat',
    codec: 2,
    batch: Buffer.from(
      'AAAAAAAAAAAAAAHWAAAAAAKBU0bzAAIAAAATAAABogTTEu0AAAGiBNMS7f//////////////////AAAAFL4Q8HXOAQAAAAprZXktMJ4BeyJsZX' +
        'ZlbCI6ImluZm8iLCJtZXNzYWdlIjoicmVxdWVzdCBzZXJ2ZWQiLCJzdGF0dXMiOjIwMCwicGF0aCI6Ii9hcGkvb3JkZXJzLzAifQIMb3JpZ2lu' +
        'CGtjYXTOAQAAAgprZXktMZ4B/mkALmkABDEiRmkAAAQF0gAy/tIANtIAADJKaQAABgVpADP+aQA2aQAAM0ppAAAIBWn+pAE6pAEANEppAAAKBW' +
        'n+pAE6pAEANUppAAAMBWn+pAE6pAEANkppAAAOBWn+pAE6pAEAN0ppAAAQBWn+pAE6pAEAOEppAAASBWn+pAE6pAEAOTppABDQAQAAFAVpBDKg' +
        '/hoEMhoEADE+GwQBagAWBWoAM/5qADpqAD4cBAFqABgFagAw/moAOmoAPh0EAWoAGgVqADH+agA6agA+HgQBagAcBWr+qAE+qAE+HwQBagAeBW' +
        'r+qAE+qAE+IAQBagAgBWr+qAE+qAE+IQQBagAiBWr+qAE+qAE+IgQBagAkBWr+qAE+qAE+IwQBagAmBWr+qAE+qAE+JAQ=',
      'base64',
    ),
  },
  {
    name: 'kcat -z lz4',
    producer: 'kcat',
    codec: 3,
    batch: Buffer.from(
      'AAAAAAAAAAAAAAG9AAAAAALzKPi4AAMAAAATAAABogTTFOwAAAGiBNMU7P//////////////////AAAAFAQiTRhgQIJ9AQAA8V/OAQAAAAprZX' +
        'ktMJ4BeyJsZXZlbCI6ImluZm8iLCJtZXNzYWdlIjoicmVxdWVzdCBzZXJ2ZWQiLCJzdGF0dXMiOjIwMCwicGF0aCI6Ii9hcGkvb3JkZXJzLzAi' +
        'fQIMb3JpZ2luCGtjYXTOAQAAAmkAHzFpADsfMWkAABEEaQAfMmkAOx8yaQAAEQZpAB8zaQA7HzNpAAARCGkAD6QBPB80aQAAEQppAA+kATwfNW' +
        'kAABEMaQAPpAE8HzZpAAARDmkAD6QBPB83aQAAERBpAA+kATwfOGkAABESaQAPpAE8GzlpAFHQAQAAFGkALzKgGgQ6LzEwagAAERZqAB8zagA8' +
        'DBwEANQAERhqAB8wagA8DB0EAGoAERpqAB8xagA8DB4EAGoAERxqAA+oAT0MHwQAagARHmoAD6gBPQwgBABqABEgagAPqAE9DCEEAGoAESJqAA' +
        '+oAT0MIgQAagARJGoAD6gBPQwjBABqABEmagAPqAE9ByQEUAhrY2F0AAAAAA==',
      'base64',
    ),
  },
  {
    name: 'kcat -z zstd',
    producer: 'kcat',
    codec: 4,
    batch: Buffer.from(
      'AAAAAAAAAAAAAAFIAAAAAALKH7eLAAQAAAATAAABogTTFvAAAAGiBNMW8P//////////////////AAAAFCi1L/0AWHUIAHLLKiyAOW1iYEaWUa' +
        'SHsd0ii4wWrBsW80rIHKyZWaMtKc8UaKLAh4eHT0gGe0hKAZCFh4KjGxEjgULY5erUD3a5Ol0Gu1xpK9jl6pQR7HKF+MBjCThaQINBDH+o5bQG' +
        'wNjCvdnlzHwNE6cCJTBWUEPRa5LxI7GaoOVN7fphPktLazHX8jLflC115DHxZTTlXyI+tuuXPCkfoqWuHCqwXVMe85Se4IrFIPGTZ3c5EzQgwH' +
        'MKxQGdyHQJk5MkJxNLRE6XMJnEJderKEzQECJMUYPwQIgIRRiCfhAJizAE9SDCFDXhdbLRCSyRRUdgiSw6gUlk0QkskYVOYIksOgJLZNEJTCKL' +
        'TmCJLEbnskI7Aw==',
      'base64',
    ),
  },
  {
    name: 'kafka-python snappy',
    producer: 'kafka-python',
    codec: 2,
    batch: Buffer.from(
      'AAAAAAAAAAAAAAIKAAAAAAKnkZptAAIAAAATAAABi8/laAAAAAGLz+VoE///////////////////AAAAFIJTTkFQUFkAAAAAAQAAAAEAAAHF3h' +
        'Hwdd4BAAAACmtleS0wngF7ImxldmVsIjoiaW5mbyIsIm1lc3NhZ2UiOiJyZXF1ZXN0IHNlcnZlZCIsInN0YXR1cyI6MjAwLCJwYXRoIjoiL2Fw' +
        'aS9vcmRlcnMvMCJ9AgxvcmlnaW4Ya2Fma2EtcHl0aG9u3gEAAgIFcQAx/nEANnEACDEifV5xAAQEBAVxADL+cQA2cQAAMmZxAAQGBgVxADP+cQ' +
        'A2cQAAM2ZxAAQICAVx/sQBOsQBADRmcQAECgoFcf7EATrEAQA1ZnEABAwMBXH+xAE6xAEANmZxAAQODgVx/sQBOsQBADdmcQAEEBAFcf7EATrE' +
        'AQA4ZnEABBISBXH+xAE6xAEAOVpxABDgAQAUFAVxCDKgAf5qBC5qBAAxXmsEEOABABYWBXIAM/5yADpyAF5sBBDgAQAYGAVyADD+cgA6cgBebQ' +
        'QQ4AEAGhoFcgAx/nIAOnIAXm4EEOABABwcBXL+yAE+yAFebwQQ4AEAHh4Fcv7IAT7IAV5wBBDgAQAgIAVy/sgBPsgBXnEEEOABACIiBXL+yAE+' +
        'yAFecgQQ4AEAJCQFcv7IAT7IAV5zBBDgAQAmJgVy/sgBPsgBXnQE',
      'base64',
    ),
  },
  {
    name: 'kafka-python lz4',
    producer: 'kafka-python',
    codec: 3,
    batch: Buffer.from(
      'AAAAAAAAAAAAAAHoAAAAAALEKdfhAAMAAAATAAABi8/laAAAAAGLz+VoE///////////////////AAAAFAQiTRhoQN4IAAAAAAAAJqABAADxZ9' +
        '4BAAAACmtleS0wngF7ImxldmVsIjoiaW5mbyIsIm1lc3NhZ2UiOiJyZXF1ZXN0IHNlcnZlZCIsInN0YXR1cyI6MjAwLCJwYXRoIjoiL2FwaS9v' +
        'cmRlcnMvMCJ9AgxvcmlnaW4Ya2Fma2EtcHl0aG9u3gEAAgJxAB8xcQA7HzFxAAchBARxAB8ycQA7HzJxAAchBgZxAB8zcQA7HzNxAAchCAhxAA' +
        '/EATwfNHEAByEKCnEAD8QBPB81cQAHIQwMcQAPxAE8HzZxAAchDg5xAA/EATwfN3EAByEQEHEAD8QBPB84cQAHIRIScQAPxAE8HzlxAARR4AEA' +
        'FBRxAC8yoGoEOi8xMHIAByEWFnIAHzNyADwPbAQFUeABABgYcgAfMHIAPA9tBAVR4AEAGhpyAB8xcgA8D24EBVHgAQAcHHIAD8gBPQ9vBAVR4A' +
        'EAHh5yAA/IAT0PcAQFUeABACAgcgAPyAE9D3EEBVHgAQAiInIAD8gBPQ9yBAVR4AEAJCRyAA/IAT0PcwQFUeABACYmcgAPyAE9D3QEAFB5dGhv' +
        'bgAAAAA=',
      'base64',
    ),
  },
]

export const foreignRecordCount = 20

export function foreignKey(number: number): string {
  return `key-${number % 4}`
}

export function foreignValue(number: number): string {
  return `{"level":"info","message":"request served","status":200,"path":"/api/orders/${number}"}`
}
