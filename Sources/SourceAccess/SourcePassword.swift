public import Configuration

extension SourceConfiguration {
    /// The password to log in with; nil for a folder and for a guest.
    ///
    /// - Parameters:
    ///   - username: stands for the configured one.
    ///   - file: a password file that comes before what is configured.
    ///   - environment: where passwords may be found.
    /// - Throws: ``SourceRefusal`` when a user is named and no password is found; `PasswordError`.
    public func password(username: String? = nil, file: String? = nil, environment: [String: String]) throws -> String? {
        guard case .smb = address else { return nil }
        var environment = environment
        // The variable is for sources that say nothing themselves: it would send one server's password to another.
        if password != nil { environment[SourceConfiguration.passwordVariable] = nil }
        if let found = try password(commandLineFile: file, environment: environment) { return found.secret.reveal() }
        let username = username ?? self.username
        guard username.isEmpty else { throw SourceRefusal(.noPassword, "The user \(username) of \(name) needs a password.") }
        return nil
    }
}
