import Foundations
import Glibc
import Model
import TestSupport
import Testing

@testable import Agent

/// A folder that stands for the host's root, with the kernel's files as given.
private func sample(_ files: [String: String], rounds: [[String: String]] = []) throws -> (values: [String: Double], batch: MetricBatch, failures: [String]) {
    let root = TemporaryDirectory("host")
    func write(_ files: [String: String]) throws {
        let disk = RealFileSystem()
        for (path, text) in files {
            // Not `replace`: there is no need to wait for the disk.
            try disk.createDirectory(Paths.directory(of: root.path(path)))
            let file = try disk.open(root.path(path), .readWrite)
            try file.truncate(to: 0)
            try file.write(Array(text.utf8), at: 0)
        }
    }
    try write(files)
    let sampler = HostSampler(root: root.path, clock: ManualClock(milliseconds: 1_714_566_896_000))
    var batch = sampler.sample()
    for files in rounds {
        try write(files)
        batch = sampler.sample()
    }
    var values: [String: Double] = [:]
    for entry in batch.entries {
        let labels = entry.labels.description
        #expect(values[labels] == nil, "\(labels) stands twice")
        #expect(entry.samples.count == 1 && entry.samples[0].timestamp == 1_714_566_896_000)
        values[labels] = entry.samples[0].value
    }
    return (values, batch, sampler.failures().map { "\($0.collector): \($0.reason)" })
}

@Suite struct HostMetricsTests {
    @Test func cpuTimeIsReadByMode() throws {
        let stat = """
            cpu  300 0 0 0 0 0 0 0 0 0
            cpu0 100 2 50 1000 7 1 3 4 5 6
            cpu12 200 0 0 0 0 0 0 0
            intr 12345 1 2 3
            ctxt 678
            btime 1714000000
            processes 42
            procs_running 3
            procs_blocked 1
            softirq 1 2 3
            """
        let (values, batch, failures) = try sample(["proc/stat": stat])
        #expect(failures.isEmpty)
        #expect(values[#"node_cpu_seconds_total{cpu="0", mode="user"}"#] == 1)
        #expect(values[#"node_cpu_seconds_total{cpu="0", mode="idle"}"#] == 10)
        #expect(values[#"node_cpu_seconds_total{cpu="0", mode="steal"}"#] == 0.04)
        #expect(values[#"node_cpu_guest_seconds_total{cpu="0", mode="nice"}"#] == 0.06)
        #expect(values[#"node_cpu_seconds_total{cpu="12", mode="user"}"#] == 2)
        #expect(values["node_intr_total"] == 12345 && values["node_context_switches_total"] == 678 && values["node_boot_time_seconds"] == 1_714_000_000)
        #expect(values["node_forks_total"] == 42 && values["node_procs_running"] == 3 && values["node_procs_blocked"] == 1)
        #expect(values[#"node_scrape_collector_success{collector="stat"}"#] == 1)
        #expect(batch.metadata["node_cpu_seconds_total"]?.kind == .counter && batch.metadata["node_procs_running"]?.kind == .gauge)
        #expect(batch.metadata.values.allSatisfy { !$0.help.isEmpty })
    }

    @Test func idleTimeThatJumpsBackALittleStandsStill() throws {
        let idle = #"node_cpu_seconds_total{cpu="0", mode="idle"}"#
        let before = ["proc/stat": "cpu0 100 0 0 1000 50 0 0 0\n"]
        #expect(try sample(before, rounds: [["proc/stat": "cpu0 110 0 0 900 50 0 0 0\n"]]).values[idle] == 10)
        #expect(try sample(before, rounds: [["proc/stat": "cpu0 110 0 0 1100 50 0 0 0\n"]]).values[idle] == 11)
        // By more than three seconds: the CPU was off.
        #expect(try sample(before, rounds: [["proc/stat": "cpu0 10 0 0 500 50 0 0 0\n"]]).values[idle] == 5)
    }

    @Test func memoryLoadAndPressureAreRead() throws {
        let values = try sample([
            "proc/meminfo": "MemTotal:       1000 kB\nActive(anon):   5 kB\nHugePages_Total:       7\n",
            "proc/loadavg": "0.25 1.50 12.00 3/456 789\n",
            "proc/vmstat": "nr_free_pages 5\npgpgin 10\npgfault 20\npgmajfault 3\noom_kill 1\npswpin 4\npgscan_direct 9\n",
            "proc/pressure/cpu": "some avg10=0.00 avg60=0.00 avg300=0.00 total=1500000\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=9\n",
            "proc/pressure/io": "some avg10=0.00 avg60=0.00 avg300=0.00 total=2500000\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=500000\n",
            "proc/pressure/memory": "some avg10=0.00 avg60=0.00 avg300=0.00 total=1\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n",
            "proc/sys/fs/file-nr": "704\t0\t2465787\n",
        ]).values
        #expect(values["node_memory_MemTotal_bytes"] == 1_024_000 && values["node_memory_Active_anon_bytes"] == 5120 && values["node_memory_HugePages_Total"] == 7)
        #expect(values["node_load1"] == 0.25 && values["node_load5"] == 1.5 && values["node_load15"] == 12)
        #expect(values.keys.filter { $0.hasPrefix("node_vmstat") }.sorted() == [
            "node_vmstat_oom_kill", "node_vmstat_pgfault", "node_vmstat_pgmajfault", "node_vmstat_pgpgin", "node_vmstat_pswpin",
        ])
        #expect(values["node_pressure_cpu_waiting_seconds_total"] == 1.5 && values["node_pressure_io_stalled_seconds_total"] == 0.5)
        #expect(values["node_filefd_allocated"] == 704 && values["node_filefd_maximum"] == 2_465_787)
    }

    @Test func disksAreReadWithoutTheirPartitions() throws {
        let values = try sample([
            "proc/diskstats": """
                   8       0 sda 10 1 20 1500 30 3 40 2500 2 3000 4000 5 6 7 800 9 1000
                   8       1 sda1 1 1 1 1 1 1 1 1 1 1 1
                   7       0 loop0 1 1 1 1 1 1 1 1 1 1 1
                 259       0 nvme0n1 11 0 8 100 0 0 0 0 0 0 0
                 259       1 nvme0n1p1 1 1 1 1 1 1 1 1 1 1 1
                 254       0 dm-0 5 0 0 0 0 0 0 0 0 0 0
                """,
            "run/udev/data/b8:0": "S:disk/by-id/x\nE:ID_MODEL=Fast Disk\nE:ID_SERIAL_SHORT=S123\n",
        ]).values
        let devices = Set(values.keys.filter { $0.hasPrefix("node_disk_reads_completed_total") })
        #expect(devices == [
            #"node_disk_reads_completed_total{device="sda"}"#, #"node_disk_reads_completed_total{device="nvme0n1"}"#, #"node_disk_reads_completed_total{device="dm-0"}"#,
        ])
        #expect(values[#"node_disk_read_bytes_total{device="sda"}"#] == 10240 && values[#"node_disk_read_time_seconds_total{device="sda"}"#] == 1.5)
        #expect(values[#"node_disk_io_now{device="sda"}"#] == 2 && values[#"node_disk_flush_requests_time_seconds_total{device="sda"}"#] == 1)
        #expect(values[#"node_disk_discards_completed_total{device="nvme0n1"}"#] == nil)
        #expect(values[#"node_disk_info{device="sda", major="8", minor="0", model="Fast Disk", serial="S123"}"#] == 1)
    }

    @Test func mountsAreFilteredAndUnescaped() throws {
        let values = try sample(["proc/1/mountinfo": #"""
            22 27 0:21 / /proc rw - proc proc rw
            27 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw,discard
            28 27 8:1 / /mnt/my\040disk ro,nosuid - xfs /dev/sda1 rw
            29 27 0:9 / /dev/shm rw - tmpfs tmpfs rw
            30 27 0:9 / /device rw master:2 propagate_from:1 - tmpfs tmpfs ro
            31 27 0:9 / /var/lib/docker/overlay2/x rw - ext4 /dev/vda rw
            32 27 0:9 / /data rw - overlay overlay rw
            33 27 0:9 / / rw - btrfs /dev/vdb rw
            """#]).values
        let mounts = values.filter { $0.key.hasPrefix("node_filesystem_readonly") }
        #expect(mounts == [
            #"node_filesystem_readonly{device="/dev/vdb", fstype="btrfs", mountpoint="/"}"#: 0,
            #"node_filesystem_readonly{device="/dev/sda1", fstype="xfs", mountpoint="/mnt/my disk"}"#: 1,
            #"node_filesystem_readonly{device="tmpfs", fstype="tmpfs", mountpoint="/device"}"#: 1,
        ])
    }

    @Test func networkTrafficAndStateAreRead() throws {
        let values = try sample([
            "proc/net/dev": """
                Inter-|   Receive                                                |  Transmit
                 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
                    lo:     100       1    0    0    0     0          0         0      100       1    0    0    0     0       0          0
                  eth0:5000000000   22    3    4    5     6          7         8      900      10   11   12   13    14      15         16
                """,
            "sys/class/net/eth0/ifindex": "2\n", "sys/class/net/eth0/mtu": "1500\n", "sys/class/net/eth0/flags": "0x1003\n", "sys/class/net/eth0/speed": "1000\n",
            "sys/class/net/eth0/operstate": "up\n", "sys/class/net/eth0/address": "02:fc:00:00:00:01\n", "sys/class/net/eth0/statistics/rx_nohandler": "9\n",
            "sys/class/net/bonding_masters": "bond0\n", "sys/class/net/bond0/bonding/slaves": "eth0 eth1\n", "sys/class/net/eth0/bonding_slave/mii_status": "up\n",
            "proc/net/arp": "IP address HW type Flags HW address Mask Device\n10.0.0.1 0x1 0x2 aa:bb:cc:dd:ee:ff * eth0\n10.0.0.2 0x1 0x2 aa:bb:cc:dd:ee:fe * eth0\n",
            "proc/net/softnet_stat": "0000015d 00000002 00000001 0 0 0 0 0 0 0 0 0 00000000\n000005f0 0 0 0 0 0 0 0 0 0 0 0 00000003\n",
        ]).values
        #expect(values[#"node_network_receive_bytes_total{device="eth0"}"#] == 5e9 && values[#"node_network_transmit_carrier_total{device="eth0"}"#] == 15)
        #expect(values[#"node_network_receive_nohandler_total{device="eth0"}"#] == 9)
        #expect(values[#"node_network_flags{device="eth0"}"#] == 4099 && values[#"node_network_speed_bytes{device="eth0"}"#] == 125_000_000)
        #expect(values[#"node_network_up{device="eth0"}"#] == 1)
        #expect(values[#"node_network_info{address="02:fc:00:00:00:01", device="eth0", operstate="up"}"#] == 1)
        #expect(values[#"node_bonding_slaves{master="bond0"}"#] == 2 && values[#"node_bonding_active{master="bond0"}"#] == 1)
        #expect(values[#"node_arp_entries{device="eth0"}"#] == 2)
        #expect(values[#"node_softnet_processed_total{cpu="0"}"#] == 349 && values[#"node_softnet_processed_total{cpu="3"}"#] == 1520)
    }

    @Test func socketsAreRead() throws {
        let socket = "   0: 0100007F:0016 00000000:0000 0A 00000010:00000020 00:00000000 00000000  0 0 1 1 0 100 0\n"
        let values = try sample([
            "proc/net/netstat": "TcpExt: SyncookiesSent ListenDrops Unwanted\nTcpExt: 1 2 3\nIpExt: InOctets\nIpExt: 99\n",
            "proc/net/snmp": "Tcp: ActiveOpens MaxConn InErrs\nTcp: 5 -1 6\n", "proc/net/snmp6": "Ip6InOctets   7\nIcmp6InErrors  8\nUdpLite6InErrors 1\n",
            "proc/net/sockstat": "sockets: used 33\nTCP: inuse 4 orphan 0 tw 1 alloc 4 mem 2\n", "proc/net/sockstat6": "TCP6: inuse 3\n",
            "proc/net/tcp": "  sl  local_address rem_address   st tx_queue rx_queue\n" + socket + socket.replacing(" 0A ", with: " 01 "),
            "proc/net/udp": "  sl  local_address\n" + socket,
            "proc/sys/net/netfilter/nf_conntrack_count": "10\n", "proc/sys/net/netfilter/nf_conntrack_max": "1000\n",
            "proc/net/stat/nf_conntrack": "entries  searched found drop\n00000001 00000002 0000000a 00000001\n00000001 00000002 00000006 00000001\n",
        ]).values
        #expect(values["node_netstat_TcpExt_SyncookiesSent"] == 1 && values["node_netstat_TcpExt_ListenDrops"] == 2 && values["node_netstat_TcpExt_Unwanted"] == nil)
        #expect(values["node_netstat_IpExt_InOctets"] == 99 && values["node_netstat_Tcp_InErrs"] == 6 && values["node_netstat_Ip6_InOctets"] == 7)
        #expect(values["node_netstat_Icmp6_InErrors"] == 8 && values["node_netstat_UdpLite6_InErrors"] == 1 && values["node_netstat_Tcp_MaxConn"] == nil)
        #expect(values["node_sockstat_sockets_used"] == 33 && values["node_sockstat_TCP_mem_bytes"] == 8192 && values["node_sockstat_TCP6_inuse"] == 3)
        #expect(values[#"node_tcp_connection_states{state="listen"}"#] == 1 && values[#"node_tcp_connection_states{state="established"}"#] == 1)
        #expect(values[#"node_tcp_connection_states{state="rx_queued_bytes"}"#] == 64)
        #expect(values[#"node_udp_queues{ip="v4", queue="tx"}"#] == 16)
        #expect(values["node_nf_conntrack_stat_found"] == 16 && values["node_nf_conntrack_stat_drop"] == 2 && values["node_nf_conntrack_entries_limit"] == 1000)
    }

    @Test func theRestOfTheSystemIsRead() throws {
        let values = try sample([
            "proc/12/stat": "12 (a) name) (x) S 1 12 12 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 9 0 100 0 0\n", "proc/13/stat": "13 (b) R 1 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 1 0\n",
            "proc/sys/kernel/threads-max": "1000\n", "proc/sys/kernel/pid_max": "32768\n",
            "proc/interrupts": "           CPU0       CPU1\n  24:          5          6   PCI-MSI 512-edge      ahci[0000:00:1f.2]\nNMI:   1   2   Non-maskable interrupts\nERR:          0\n",
            "proc/schedstat": "version 15\ntimestamp 1\ncpu0 0 0 0 0 0 0 2000000000 500000000 7\n",
            "etc/os-release": "# c\nNAME=\"Debian GNU/Linux\"\nID=debian\nVERSION_ID='12.5.1'\n",
            "proc/mdstat": "Personalities : [raid1]\nmd0 : active raid1 sdb1[1] sda1[0](F) sdc1[2](S)\n      1046528 blocks super 1.2 [2/1] [U_]\n      [==>..]  recovery = 12.6% (1/2) finish=1min speed=1K/sec\n\nunused devices: <none>\n",
            "sys/class/hwmon/hwmon0/name": "coretemp\n", "sys/class/hwmon/hwmon0/temp1_input": "45500\n", "sys/class/hwmon/hwmon0/temp1_crit": "100000\n",
            "sys/class/hwmon/hwmon0/temp1_label": "Package id 0\n", "sys/class/hwmon/hwmon0/fan2_input": "900\n",
            "sys/class/thermal/thermal_zone0/type": "x86_pkg_temp\n", "sys/class/thermal/thermal_zone0/temp": "42000\n",
            "sys/devices/system/edac/mc/mc0/ce_count": "3\n", "sys/devices/system/edac/mc/mc0/ue_count": "0\n",
            "sys/class/power_supply/BAT0/capacity": "80\n", "sys/devices/system/cpu/cpu1/cpufreq/scaling_cur_freq": "2400000\n",
            "proc/sys/kernel/random/entropy_avail": "256\n", "proc/sys/kernel/random/poolsize": "256\n",
        ]).values
        #expect(values["node_processes_pids"] == 2 && values["node_processes_threads"] == 10)
        #expect(values[#"node_processes_state{state="S"}"#] == 1 && values[#"node_processes_state{state="R"}"#] == 1)
        #expect(values[#"node_interrupts_total{cpu="1", devices="512-edge ahci[0000:00:1f.2]", info="PCI-MSI", type="24"}"#] == 6)
        #expect(values[#"node_interrupts_total{cpu="0", info="Non-maskable interrupts", type="NMI"}"#] == 1)
        #expect(values[#"node_schedstat_waiting_seconds_total{cpu="0"}"#] == 0.5)
        #expect(values[#"node_os_info{id="debian", name="Debian GNU/Linux", version_id="12.5.1"}"#] == 1)
        #expect(values[#"node_os_version{id="debian", name="Debian GNU/Linux"}"#] == 12.5)
        #expect(values[#"node_md_disks{device="md0", state="failed"}"#] == 1 && values[#"node_md_disks{device="md0", state="active"}"#] == 1)
        #expect(values[#"node_md_disks_required{device="md0"}"#] == 2 && values[#"node_md_state{device="md0", state="recovering"}"#] == 1)
        #expect(values[#"node_hwmon_temp_celsius{chip="hwmon0", sensor="temp1"}"#] == 45.5 && values[#"node_hwmon_temp_crit_celsius{chip="hwmon0", sensor="temp1"}"#] == 100)
        #expect(values[#"node_hwmon_fan_rpm{chip="hwmon0", sensor="fan2"}"#] == 900)
        #expect(values[#"node_hwmon_sensor_label{chip="hwmon0", label="Package id 0", sensor="temp1"}"#] == 1)
        #expect(values[#"node_thermal_zone_temp{type="x86_pkg_temp", zone="0"}"#] == 42)
        #expect(values[#"node_edac_correctable_errors_total{controller="0"}"#] == 3 && values[#"node_power_supply_capacity{power_supply="BAT0"}"#] == 80)
        #expect(values[#"node_cpu_scaling_frequency_hertz{cpu="1"}"#] == 2.4e9)
    }

    /// A line of /proc/*/stat.
    private func process(_ number: Int, _ name: String, parent: Int = 1, user: Int, system: Int = 0, threads: Int = 1, start: Int = 100, pages: Int) -> (String, String) {
        ("proc/\(number)/stat", "\(number) (\(name)) S \(parent) 1 1 0 -1 0 0 0 0 0 \(user) \(system) 0 0 20 0 \(threads) 0 \(start) 4096 \(pages) 0\n")
    }

    @Test func programsThatUseMostAreReportedByName() throws {
        let first = Dictionary(uniqueKeysWithValues: [
            process(10, "mysqld", user: 5000, system: 1000, threads: 40, pages: 1000), process(11, "ruby", user: 700, pages: 300), process(12, "ruby", user: 100, pages: 200),
            process(13, "kworker/0:1", parent: 2, user: 50, pages: 0), process(14, "idle", user: 3, pages: 0),
        ])
        // A worker of ruby is replaced by one with the same number, and a third begins; a kernel thread works.
        let second = Dictionary(uniqueKeysWithValues: [
            process(10, "mysqld", user: 5200, system: 1100, threads: 41, pages: 1100), process(11, "ruby", user: 40, start: 900, pages: 100), process(12, "ruby", user: 160, pages: 200),
            process(15, "ruby", user: 7, system: 3, start: 950, pages: 50), process(13, "kworker/0:1", parent: 2, user: 90, pages: 0), process(14, "idle", user: 3, pages: 0),
        ])
        let kernel = ["proc/sys/kernel/threads-max": "1000\n", "proc/sys/kernel/pid_max": "32768\n"]
        let before = try sample(first.merging(kernel) { $1 }).values
        let name = "namedprocess_namegroup_"
        #expect(before[name + #"cpu_seconds_total{groupname="mysqld", mode="user"}"#] == 0, "what was used before isn't counted")
        #expect(before[name + #"num_procs{groupname="kernel threads"}"#] == nil, "it used nothing yet")
        let values = try sample(first.merging(kernel) { $1 }, rounds: [second]).values
        #expect(values[name + #"cpu_seconds_total{groupname="mysqld", mode="user"}"#] == 2)
        #expect(values[name + #"cpu_seconds_total{groupname="mysqld", mode="system"}"#] == 1)
        #expect(values[name + #"cpu_seconds_total{groupname="ruby", mode="user"}"#] == 1.07 && values[name + #"num_procs{groupname="ruby"}"#] == 3)
        #expect(values[name + #"memory_bytes{groupname="mysqld", memtype="resident"}"#] == 1100 * Double(sysconf(Int32(_SC_PAGESIZE))))
        #expect(values[name + #"num_threads{groupname="mysqld"}"#] == 41)
        #expect(values[name + #"cpu_seconds_total{groupname="kernel threads", mode="user"}"#] == 0.4)
        #expect(values[name + #"num_procs{groupname="idle"}"#] == nil)
    }

    @Test func manyProgramsMakeFewSeriesAndThoseThatEndedGoAway() throws {
        let kernel = ["proc/sys/kernel/threads-max": "1000\n", "proc/sys/kernel/pid_max": "32768\n"]
        /// Of 100 programs another five work in each round.
        func round(_ number: Int) -> [String: String] {
            Dictionary(uniqueKeysWithValues: (0..<100).map { process(100 + $0, "program-\($0)", user: $0 / 5 == number % 20 ? 10 * number : 0, pages: 1 + $0) }).merging(kernel) { $1 }
        }
        let values = try sample(round(0), rounds: (1...5).map(round)).values
        let named = values.keys.filter { $0.hasPrefix("namedprocess_namegroup_num_procs") }
        #expect(named.count == HostLimits.processGroupsMax)
        #expect(named.contains { $0.contains(#""program-99""#) }, "the largest")
    }

    @Test func aProgramThatEndedIsReportedForAWhileWithAllThatItUsed() {
        var groups = ProcessGroups()
        func round(user: UInt64?) -> [String: Double] {
            groups.beginRound()
            if let user { Array("7 (batch) R 1 1 1 0 -1 0 0 0 0 0 \(user) 0 0 0 20 0 1 0 5 4096 9 0".utf8).withUnsafeBytes { groups.add(7, ProcessLine($0)!) } }
            groups.endRound()
            let sink = SeriesSink()
            sink.begin(Timestamp(milliseconds: 0))
            groups.report(to: sink)
            return Dictionary(uniqueKeysWithValues: sink.finish().entries.map { ($0.labels.description, $0.samples[0].value) })
        }
        let used = #"namedprocess_namegroup_cpu_seconds_total{groupname="batch", mode="user"}"#
        #expect(round(user: 100)[used] == 0 && round(user: 400)[used] == 3)
        for _ in 1...HostLimits.processGroupRounds { #expect(round(user: nil)[used] == 3) }
        #expect(round(user: nil).isEmpty)
    }

    @Test func aCollectorThatFailsIsReportedAndTheRestGoesOn() throws {
        let (values, _, failures) = try sample(["proc/stat": "cpu0 1\n", "proc/loadavg": "1 2 3 4/5 6\n"])
        #expect(values[#"node_scrape_collector_success{collector="stat"}"#] == 0)
        #expect(failures == ["stat: proc/stat isn't in the form expected: a CPU with 1 counters"])
        #expect(values["node_load15"] == 3)
        // What this host doesn't have is neither a success nor a failure.
        #expect(values[#"node_scrape_collector_success{collector="schedstat"}"#] == nil)
    }

    @Test func anyBytesAreAnswered() throws {
        let files = [
            "proc/stat", "proc/meminfo", "proc/diskstats", "proc/1/mountinfo", "proc/net/dev", "proc/net/snmp", "proc/net/snmp6", "proc/net/sockstat", "proc/net/tcp",
            "proc/net/udp", "proc/mdstat", "proc/interrupts", "proc/schedstat", "proc/net/softnet_stat", "proc/net/arp", "proc/12/stat", "proc/vmstat", "proc/loadavg",
            "proc/pressure/cpu", "etc/os-release", "proc/net/stat/nf_conntrack", "proc/sys/net/netfilter/nf_conntrack_count", "proc/sys/net/netfilter/nf_conntrack_max",
        ]
        let words = ["cpu0", "cpu", "md0 :", "active", "0:", "-", "Tcp:", "99999999999999999999", "-1", ":", "[1/", "0A", "00000000:00000000", "\\04", "total=", "=", "\n", " ", "(", ")", "\"", "é", "\u{0}"]
        var generator = SeededGenerator(seed: 5)
        for _ in 0..<25 {
            var fixture: [String: String] = [:]
            for file in files { fixture[file] = (0..<Int.random(in: 0...40, using: &generator)).map { _ in words.randomElement(using: &generator)! }.joined(separator: Bool.random(using: &generator) ? " " : "") }
            _ = try sample(fixture)
        }
    }

    @Test func textfilesAreRead() throws {
        let folder = TemporaryDirectory("textfile")
        let disk = RealFileSystem()
        try disk.replace(folder.path("a.prom"), with: Array("# TYPE backup_age_seconds gauge\nbackup_age_seconds{job=\"db\"} 12\n".utf8))
        try disk.replace(folder.path("b.txt"), with: Array("ignored 1\n".utf8))
        func values(_ sampler: HostSampler) -> [String: Double] {
            Dictionary(sampler.sample().entries.map { ($0.labels.description, $0.samples[0].value) }) { first, _ in first }
        }
        let sampler = HostSampler(root: folder.path, textfileDirectory: folder.path)
        #expect(values(sampler)[#"backup_age_seconds{job="db"}"#] == 12 && values(sampler)["node_textfile_scrape_error"] == 0)
        #expect(values(sampler)["ignored"] == nil)
        #expect(values(sampler).keys.contains { $0.hasPrefix("node_textfile_mtime_seconds") })
        try disk.replace(folder.path("c.prom"), with: Array("broken{ 1\n".utf8))
        #expect(values(sampler)["node_textfile_scrape_error"] == 1 && values(sampler)[#"backup_age_seconds{job="db"}"#] == 12)
        #expect(sampler.failures().contains { $0.collector == "textfile" && $0.reason.contains("line 1") })
    }

    @Test func seriesThatWentAwayAreForgotten() {
        let sink = SeriesSink()
        for round in 0..<HostLimits.forgetRounds + 5 {
            sink.begin(Timestamp(milliseconds: Int64(round)))
            var device = "veth\(round)"
            device.withUTF8 { sink.add("m", .gauge, "h", 1, HostLabel("device", Bytes($0))) }
            #expect(sink.finish().entries.map { $0.labels["device"] } == ["veth\(round)"])
        }
        #expect(sink.cachedCount < 10)
    }

    @Test func thisHostIsRead() {
        let sampler = HostSampler()
        _ = sampler.sample()
        let batch = sampler.sample()
        let names = Set(batch.entries.compactMap { $0.labels.metricName })
        for name in ["node_cpu_seconds_total", "node_load1", "node_memory_MemAvailable_bytes", "node_network_receive_bytes_total", "node_boot_time_seconds", "node_uname_info", "node_time_seconds"] {
            #expect(names.contains(name), "\(name)")
        }
        #expect(names.isSubset(of: Set(batch.metadata.keys)))
        #expect(Set(batch.entries.map(\.labels)).count == batch.entries.count)
        #expect(batch.entries.allSatisfy { $0.samples.count == 1 && $0.samples[0].value.isFinite })
        #expect(batch.entries.allSatisfy { $0.labels.encoded.withUnsafeBytes { Labels.isCanonical($0) } })
    }
}

@Test(arguments: ["7.56", "0.1", "123456.789", "0.000000001", "4503599627370495.5", "18446744073709551615.5", "12", "-3.25"])
func decimalsOfTheKernelAreTheDoublesThatTheyAreWrittenAs(_ text: String) {
    let number = Array(text.utf8).withUnsafeBytes { Bytes(rebasing: $0[...]).number }
    #expect(number != nil && number == Double(text), "\(String(describing: number))")
}
