// swift-tools-version: 6.2
import PackageDescription

/// What every target of ours is compiled with.
let strict: [SwiftSetting] = [
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]

/// Tests keep the language mode and the warnings, and may import what they like.
let testing: [SwiftSetting] = [.treatAllWarnings(as: .error), .enableUpcomingFeature("ExistentialAny")]

let package = Package(
    name: "fileroom",
    products: [
        .executable(name: "fileroom", targets: ["fileroom"]),
        .executable(name: "fileroom-smb-worker", targets: ["fileroom-smb-worker"]),
    ],
    targets: [
        // C libraries, each used by exactly one Swift module.
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
        .systemLibrary(name: "CSMBClient", pkgConfig: "smbclient", providers: [.apt(["libsmbclient-dev"])]),
        .systemLibrary(name: "CMicrohttpd", pkgConfig: "libmicrohttpd", providers: [.apt(["libmicrohttpd-dev"])]),
        .systemLibrary(name: "CGnuTLS", pkgConfig: "gnutls", providers: [.apt(["libgnutls28-dev"])]),
        .systemLibrary(name: "COpenSSL", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(name: "CQREncode", pkgConfig: "libqrencode", providers: [.apt(["libqrencode-dev"])]),
        .systemLibrary(name: "CMalloc"),

        // Layer 0: pure, no I/O, no Foundation.
        .target(name: "DICOM", dependencies: ["CZlib"], swiftSettings: strict),
        .target(name: "SMBWire", dependencies: ["DICOM"], swiftSettings: strict),
        .target(name: "SQLite", dependencies: ["CSQLite"], swiftSettings: strict),
        .target(name: "NetworkAddress", swiftSettings: strict),
        .target(name: "ZipStream", dependencies: ["CZlib"], swiftSettings: strict),
        .target(name: "QRCode", dependencies: ["CQREncode"], swiftSettings: strict),

        // Layer 1
        .target(name: "FileSource", dependencies: ["DICOM", "SMBWire"], swiftSettings: strict),
        .target(name: "Catalogue", dependencies: ["DICOM", "SQLite"], swiftSettings: strict),
        .target(name: "Configuration", dependencies: ["NetworkAddress"], swiftSettings: strict),
        .target(name: "MediaDirectory", dependencies: ["DICOM"], swiftSettings: strict),
        .target(name: "HTTPServer", dependencies: ["CGnuTLS", "CMicrohttpd", "CZlib", "NetworkAddress"], swiftSettings: strict),
        .target(name: "HTTPClient", dependencies: ["CCurl"], swiftSettings: strict),
        .target(name: "Cryptography", dependencies: ["COpenSSL"], swiftSettings: strict),
        .target(name: "Ledger", dependencies: ["Cryptography", "NetworkAddress", "SQLite"], swiftSettings: strict),

        // Layer 2
        .target(name: "SourceAccess", dependencies: ["Configuration", "FileSource"], swiftSettings: strict),
        .target(name: "CommandLineInterface", dependencies: ["Configuration"], swiftSettings: strict),
        .target(
            name: "Indexing", dependencies: ["Catalogue", "Configuration", "DICOM", "FileSource", "SourceAccess"],
            swiftSettings: strict),
        .target(
            name: "Sharing",
            dependencies: [
                "Catalogue", "Configuration", "Cryptography", "DICOM", "FileSource", "Ledger", "MediaDirectory", "SQLite", "SourceAccess",
                "ZipStream",
            ],
            swiftSettings: strict),

        .target(name: "Backup", dependencies: ["Cryptography", "Indexing", "SQLite"], swiftSettings: strict),

        // Layer 3
        .target(
            name: "WebAPI",
            dependencies: [
                "Backup", "Catalogue", "Configuration", "Cryptography", "FileSource", "HTTPServer", "Indexing", "Ledger", "QRCode",
                "Sharing",
                "SourceAccess",
            ],
            swiftSettings: strict),

        // Programs
        .executableTarget(
            name: "fileroom",
            dependencies: [
                "Backup", "CMalloc", "Catalogue", "CommandLineInterface", "Configuration", "Cryptography", "DICOM", "FileSource",
                "HTTPClient", "HTTPServer", "Indexing", "Ledger", "NetworkAddress", "QRCode", "Sharing", "SourceAccess", "WebAPI",
            ],
            swiftSettings: strict),
        .executableTarget(
            name: "fileroom-smb-worker",
            dependencies: ["CSMBClient", "DICOM", "SMBWire"],
            swiftSettings: strict,
            // Samba's libraries must find these functions of ours before their own: see WireWatch, ListingWatch and OpenWatch.
            linkerSettings: [
                .unsafeFlags([
                    "-Xlinker", "--export-dynamic-symbol=writev", "-Xlinker", "--export-dynamic-symbol=smb2cli_query_directory_recv",
                    "-Xlinker", "--export-dynamic-symbol=smb2cli_req_recv",
                ])
            ]),

        // For tests and benchmarks of ours, not for users.
        .executableTarget(name: "header-dump", dependencies: ["DICOM"], path: "tools/header-dump", swiftSettings: strict),
        .target(
            name: "SyntheticCatalogue", dependencies: ["Catalogue", "SQLite"], path: "tools/SyntheticCatalogue", swiftSettings: strict),
        .executableTarget(
            name: "synthetic-catalogue", dependencies: ["SyntheticCatalogue"], path: "tools/synthetic-catalogue", swiftSettings: strict),
        .executableTarget(name: "benchmark-parse", dependencies: ["DICOM"], path: "benchmarks/parse", swiftSettings: strict),
        .executableTarget(name: "benchmark-source", dependencies: ["FileSource"], path: "benchmarks/source", swiftSettings: strict),
        .executableTarget(
            name: "benchmark-search", dependencies: ["Catalogue", "SQLite"], path: "benchmarks/search", exclude: ["orthanc.py"],
            swiftSettings: strict),

        .testTarget(name: "ZipStreamTests", dependencies: ["ZipStream"], swiftSettings: testing),
        .testTarget(
            name: "MediaDirectoryTests", dependencies: ["DICOM", "MediaDirectory"],
            exclude: ["Support/check.py", "Support/count.py", "Support/make-files.py", "Support/real-files.py"], swiftSettings: testing),
        .testTarget(name: "QRCodeTests", dependencies: ["QRCode"], swiftSettings: testing),
        .testTarget(
            name: "SharingTests",
            dependencies: [
                "Catalogue", "Configuration", "Cryptography", "DICOM", "FileSource", "Indexing", "Ledger", "MediaDirectory",
                "SMBTestServer",
                "Sharing", "SourceAccess", "SyntheticFiles", "ZipStream",
            ], swiftSettings: testing),
        .testTarget(name: "BackupTests", dependencies: ["Backup", "Indexing", "SQLite"], swiftSettings: testing),
        .testTarget(name: "DICOMTests", dependencies: ["DICOM"], exclude: ["Corpus"], swiftSettings: testing),
        .testTarget(
            name: "FileSourceTests", dependencies: ["DICOM", "FileSource", "SMBTestServer", "SMBWire"], exclude: ["Support/fault-proxy.py"],
            swiftSettings: testing),
        .testTarget(name: "CatalogueTests", dependencies: ["Catalogue", "DICOM", "SQLite", "SyntheticCatalogue"], swiftSettings: testing),
        .testTarget(
            name: "SourceAccessTests", dependencies: ["Configuration", "FileSource", "SMBTestServer", "SourceAccess"],
            swiftSettings: testing),
        .target(name: "SMBTestServer", dependencies: ["FileSource"], path: "Tests/SMBTestServer", swiftSettings: strict),
        .target(name: "SyntheticFiles", path: "Tests/SyntheticFiles", swiftSettings: strict),
        .testTarget(
            name: "IndexingTests",
            dependencies: ["Catalogue", "Configuration", "DICOM", "FileSource", "Indexing", "SQLite", "SourceAccess", "SyntheticFiles"],
            swiftSettings: testing),
        .testTarget(
            name: "CommandLineInterfaceTests", dependencies: ["CommandLineInterface", "Configuration"], swiftSettings: testing),
        .testTarget(name: "ConfigurationTests", dependencies: ["Configuration"], swiftSettings: testing),
        .testTarget(name: "CryptographyTests", dependencies: ["Cryptography"], swiftSettings: testing),
        .testTarget(name: "LedgerTests", dependencies: ["Cryptography", "Ledger", "SQLite"], swiftSettings: testing),
        .testTarget(name: "HTTPClientTests", dependencies: ["HTTPClient"], exclude: ["Support/server.py"], swiftSettings: testing),
        .testTarget(name: "HTTPServerTests", dependencies: ["HTTPServer", "NetworkAddress"], swiftSettings: testing),
        .testTarget(
            name: "WebAPITests",
            dependencies: [
                "Catalogue", "Configuration", "Cryptography", "DICOM", "FileSource", "HTTPServer", "Indexing", "Ledger", "SQLite",
                "Sharing",
                "SourceAccess", "SyntheticCatalogue", "SyntheticFiles", "WebAPI",
            ],
            swiftSettings: testing),
    ],
    swiftLanguageModes: [.v6]
)
