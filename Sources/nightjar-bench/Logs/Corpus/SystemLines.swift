/// What daemons and the kernel write to syslog.
enum SystemLines {
    static func next(_ moment: LogMoment, _ choices: inout LogChoices) -> String {
        "\(moment.month) \(moment.day) \(moment.clock) host-\(choices.rank(6)) \(message(moment, &choices))"
    }

    private static func message(_ moment: LogMoment, _ choices: inout LogChoices) -> String {
        switch choices.number(20) {
        case 0...2: return "sshd[\(process(&choices))]: Failed password for \(choices.ranked(["root", "invalid user admin", "invalid user test", "invalid user oracle", "invalid user git"])) from \(choices.client()) port \(port(&choices)) ssh2"
        case 3: return "sshd[\(process(&choices))]: Accepted publickey for deploy from \(choices.host()) port \(port(&choices)) ssh2: ED25519 SHA256:\(choices.ranked(keys))"
        case 4: return "sshd[\(process(&choices))]: pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=\(choices.client())  user=root"
        case 5: return "sshd[\(process(&choices))]: Received disconnect from \(choices.client()) port \(port(&choices)):11: Bye Bye [preauth]"
        case 6: return "systemd[1]: Started session-\(choices.number(40_000)).scope - Session \(choices.number(40_000)) of User deploy."
        case 7: return "systemd[1]: \(choices.ranked(units)): Deactivated successfully."
        case 8: return "systemd[1]: Starting \(choices.ranked(units)) - \(choices.ranked(["Daily apt download activities", "Rotate log files", "system activity accounting tool", "Cleanup of Temporary Directories"]))..."
        case 9...12:
            return "kernel: [\(100_000 + choices.number(9_000_000)).\(choices.number(1_000_000))] [UFW BLOCK] IN=eth0 OUT= MAC=52:54:00:1a:7c:\(choices.ranked(["02", "9e", "c1"])):52:54:00:00:00:01:08:00 SRC=\(choices.client()) DST=10.0.0.\(10 + choices.rank(6)) LEN=\(choices.ranked([40, 44, 52, 60])) TOS=0x00 PREC=0x00 TTL=\(choices.ranked([243, 51, 244, 48, 113])) ID=\(choices.ranked([54321, 0, 256, 41])) PROTO=TCP SPT=\(port(&choices)) DPT=\(choices.ranked([22, 23, 445, 3389, 8080, 6379, 5432, 1433])) WINDOW=1024 RES=0x00 SYN URGP=0"
        case 13: return "CRON[\(process(&choices))]: (root) CMD (\(choices.ranked(["command -v debian-sa1 > /dev/null && debian-sa1 1 1", "   cd / && run-parts --report /etc/cron.hourly", "test -x /usr/sbin/anacron || run-parts /etc/cron.daily"])))"
        case 14...15: return "dhcpd[912]: \(choices.ranked(["DHCPACK on", "DHCPREQUEST for"])) \(choices.host()) \(choices.ranked(["to", "from"])) 52:54:00:\(choices.ranked(["1a", "7c", "3f"])):\(choices.ranked(["02", "9e", "c1", "5b"])):\(choices.ranked(["10", "11", "2a", "fe"])) via eth\(choices.rank(2))"
        case 16...17:
            return "postfix/smtp[\(process(&choices))]: \(choices.hex(10).uppercased()): to=<user\(choices.rank(8000))@\(choices.ranked(domains))>, relay=mx.\(choices.ranked(domains))[\(choices.client())]:25, delay=\(choices.rank(20)).\(choices.number(10)), delays=0.0\(choices.number(9))/0/0.\(choices.number(9))/0.\(choices.number(9)), dsn=2.0.0, status=sent (250 2.0.0 Ok: queued)"
        default:
            return "dockerd[871]: time=\"\(moment.date)T\(moment.clock).\(moment.milliseconds)Z\" level=\(choices.ranked(["info", "warning", "error"])) msg=\"\(choices.ranked(["ignoring event", "shim disconnected", "cleaning up dead shim", "Container failed to exit within 10s of signal 15 - using the force"]))\" container=\(choices.hex(12)) module=libcontainerd namespace=moby topic=/tasks/\(choices.ranked(["delete", "exit", "start"]))"
        }
    }

    private static func process(_ choices: inout LogChoices) -> Int { 900 + choices.number(3000) }
    private static func port(_ choices: inout LogChoices) -> Int { 32_768 + choices.number(28_000) }

    private static let domains = ["example.com", "example.org", "mail.example", "post.example", "office.example"]
    private static let units = ["apt-daily.service", "logrotate.service", "sysstat-collect.service", "systemd-tmpfiles-clean.service", "fstrim.service", "man-db.service"]
    /// Fingerprints of the keys that may log in.
    private static let keys: [String] = {
        var choices = LogChoices(seed: 7)
        return (0..<12).map { _ in choices.hex(32) + choices.hex(11) }
    }()
}
