import Testing

@testable import Configuration

@Suite struct `A source's address` {
    private func address(_ argument: String) throws(SourceAddressError) -> SourceAddress {
        try SourceAddress(argument: argument, workingDirectory: "/home/admin")
    }

    @Test(arguments: [
        ("smb://nas/dicom", "smb://nas/dicom"),
        ("SMB://NAS.Example:445/Dicom/", "smb://nas.example/dicom"),
        ("smb://nas:1445/dicom/a//b/./c/", "smb://nas:1445/dicom/a/b/c"),
        ("smb://reader@10.0.0.7/dicom/A", "smb://10.0.0.7/dicom/A"),
        ("smb://HOSPITAL;reader@nas/dicom", "smb://nas/dicom"),
        ("smb://[::1]/dicom", "smb://[::1]/dicom"),
        ("smb://reader@[2001:DB8:0:0::7]:4445/dicom/a@b", "smb://[2001:db8::7]:4445/dicom/a@b"),
        ("smb://[2001:db8::7]:445/dicom/a@b", "smb://[2001:db8::7]/dicom/a@b"),
        ("smb://nas/dicom/50%25%20of%20them", "smb://nas/dicom/50%25%20of%20them"),
        ("smb://nas/dicom/ward #3?", "smb://nas/dicom/ward%20%233%3F"),
        ("smb://nas/dicom/M%C3%BCller", "smb://nas/dicom/M%C3%BCller"),
        ("smb://nas/dicom/Müller", "smb://nas/dicom/M%C3%BCller"),
        ("smb://nas/hidden$", "smb://nas/hidden$"),
        ("smb://nas/dicom/a@b:c", "smb://nas/dicom/a@b%3Ac"),
        ("/srv/dicom/", "/srv/dicom"),
        ("/", "/"),
        ("dicom", "/home/admin/dicom"),
        ("./dicom/../x", "/home/admin/x"),
        ("../../../..", "/"),
        ("folder with 100% and #", "/home/admin/folder with 100% and #"),
    ])
    func `is one text for one place`(argument: String, expected: String) throws {
        let read = try address(argument)
        #expect(read.canonicalURL == expected)
        #expect(try address(read.canonicalURL).canonicalURL == expected)
    }

    @Test func `gives the decoded parts`() throws {
        guard case .smb(let smb) = try address("smb://HOSP;M%C3%BCller@nas:1445/My%20Share/a%2Bb/%E5%B1%B1") else {
            Issue.record("an SMB URL was read as a folder")
            return
        }
        #expect(smb.host == "nas" && smb.port == 1445 && smb.share == "My Share" && smb.path == "a+b/山")
        #expect(smb.username == "Müller" && smb.domain == "HOSP")
    }

    @Test(arguments: [
        ("", "must not be empty"),
        ("smb://", "names no share"),
        ("smb:///share", "host is missing"),
        ("smb://nas", "names no share"),
        ("smb://nas/", "names no share"),
        ("smb://nas:port/x", "the port must be a number from 1 to 65535"),
        ("smb://nas:0/x", "the port must be a number from 1 to 65535"),
        ("smb://nas:99999999999999999999/x", "the port must be a number from 1 to 65535"),
        ("smb://::1/x", "an IPv6 address stands in brackets"),
        ("smb://[::1/x", "an IPv6 address must be complete"),
        ("smb://[::1]445/x", "an IPv6 address must be complete"),
        ("smb://[::1]:x/x", "the port must be a number from 1 to 65535"),
        ("smb://[::g]/x", "an IPv6 address must be complete"),
        ("smb://[fe80::1%25eth0]/x", "without a zone"),
        ("smb://[nas]/x", "in brackets"),
        ("smb://na s/x", "must be a name or an IP address"),
        ("smb://@nas/x", "leave out the \"@\""),
        ("smb://nas/a%2Fb", "the share must be one name"),
        ("smb://nas/x/50%", "written %25"),
        ("smb://nas/x/%zz", "written %25"),
        ("smb://nas/x/%FF", "not UTF-8"),
        ("smb://nas/x/../y", "must not contain \"..\""),
        ("smb://nas/x/%2E%2E/y", "must not contain \"..\""),
        ("smb://nas/x/%00", "control characters"),
        ("cifs://nas/x", "write smb:// instead of cifs://"),
        ("file:///srv", "without file://"),
        ("http://nas/x", "http:// is not a kind of source"),
        ("\\\\nas\\share", "with forward slashes"),
        ("a\u{1B}[31m", "control characters"),
    ])
    func `says which part is not allowed`(argument: String, expected: String) {
        let error = #expect(throws: SourceAddressError.self) { try address(argument) }
        #expect(error?.description.contains(expected) == true, "\(error?.description ?? "")")
    }

    @Test(arguments: [
        "smb://user:geheim@nas/share", "smb://user:ge@heim@nas/share", "smb://user:ge/heim@nas/share", "smb://D;user:geheim@nas:445/share",
        "smb://user:@nas/share", "smb://us%zz:geheim@nas/x", "smb://[user:geheim@nas/x",
    ])
    func `with a password is refused without repeating it`(argument: String) {
        let error = #expect(throws: SourceAddressError.self) { try address(argument) }
        #expect(error?.description.contains("a password does not belong in the URL") == true)
        #expect(error?.description.contains("heim") == false)
    }
}
