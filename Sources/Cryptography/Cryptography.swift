/// Cryptography of OpenSSL in the terms of Swift: no C type leaves this module.
public enum Cryptography {}
