// Two certificates for localhost and 127.0.0.1 that sign themselves, with their keys, made for these tests alone:
// openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 36500 …

export interface TlsSample {
  readonly certificate: string
  readonly key: string
}

export const firstIdentity: TlsSample = {
  certificate: `-----BEGIN CERTIFICATE-----
MIIBpzCCAU2gAwIBAgIUZuN5NzcyP0CFPLwFCEDRPDJneP8wCgYIKoZIzj0EAwIw
GjEYMBYGA1UEAwwPdGFpbHJhY2UgdGVzdCBhMCAXDTI2MTEyMjIwMzQ1MFoYDzIx
MjYxMDI5MjAzNDUwWjAaMRgwFgYDVQQDDA90YWlscmFjZSB0ZXN0IGEwWTATBgcq
hkjOPQIBBggqhkjOPQMBBwNCAAShY2JgBIesvMkg5WfV/77kg5e6ijJ5x6H1CINR
Wx/zK42kb+WotjrApdPe+ZNBg487BB0H/Uq5FIZUryfdF2pzo28wbTAdBgNVHQ4E
FgQUqqTgv1v8nPgTEmoCkO0sEHEkg4MwHwYDVR0jBBgwFoAUqqTgv1v8nPgTEmoC
kO0sEHEkg4MwDwYDVR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SH
BH8AAAEwCgYIKoZIzj0EAwIDSAAwRQIhANAkuAyLMCiV963MxSATczGyKMdoKjr2
ymVexDaMiB9UAiBOk9Og9Vl/mBGRt7v8oUEek5ymP2lY//yoHwDWvGIe5Q==
-----END CERTIFICATE-----
`,
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgqDesHf0WYOx7r1KW
ubUNln1aPJILj6Rc9xI6ct5SDNahRANCAAShY2JgBIesvMkg5WfV/77kg5e6ijJ5
x6H1CINRWx/zK42kb+WotjrApdPe+ZNBg487BB0H/Uq5FIZUryfdF2pz
-----END PRIVATE KEY-----
`,
}

export const secondIdentity: TlsSample = {
  certificate: `-----BEGIN CERTIFICATE-----
MIIBpzCCAU2gAwIBAgIUY3wB0NSoWhF8uBtwWxgt+qFInB4wCgYIKoZIzj0EAwIw
GjEYMBYGA1UEAwwPdGFpbHJhY2UgdGVzdCBiMCAXDTI2MTEyMjIwMzQ1MFoYDzIx
MjYxMDI5MjAzNDUwWjAaMRgwFgYDVQQDDA90YWlscmFjZSB0ZXN0IGIwWTATBgcq
hkjOPQIBBggqhkjOPQMBBwNCAAQ8K3/TVZrv25+FZU63OtaWnMlqFK4s0Se/mHi6
iYx3X4ibhhRedSY/+W+MFupW8Jo6syUX17FO3SpzBCrUjYCQo28wbTAdBgNVHQ4E
FgQUsRhXg9epYD+uR0+j7EGuTfNbL/EwHwYDVR0jBBgwFoAUsRhXg9epYD+uR0+j
7EGuTfNbL/EwDwYDVR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SH
BH8AAAEwCgYIKoZIzj0EAwIDSAAwRQIhAMKFqqaTyCrIC2T5Zl8pdLxzcTd68OCs
GZmpR/P6rVoaAiBJepsLkogCIZ3N127ZdVNA7UMfccWAQnF/XMynG5aklg==
-----END CERTIFICATE-----
`,
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgPvJp9n8UdXJVTKfd
ndPuio+kjDE4qtfBhthPftvDzlKhRANCAAQ8K3/TVZrv25+FZU63OtaWnMlqFK4s
0Se/mHi6iYx3X4ibhhRedSY/+W+MFupW8Jo6syUX17FO3SpzBCrUjYCQ
-----END PRIVATE KEY-----
`,
}
