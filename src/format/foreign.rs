//! Files of other kinds, recognised so that they can be refused by name with what to do instead.

/// A file kind this program does not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Foreign {
    /// What it is, as in "this is ...".
    pub name: &'static str,
    /// What to do instead.
    pub advice: &'static str,
}

const OPEN_A_TRACE: &str = "open the client's *.UccApilog or the text of Search-CsClsLogging";
const UNPACK: &str = "unpack it first and open the folder";

/// First bytes, and what they mean.
const MAGIC: &[(&[u8], Foreign)] = &[
    (b"PK\x03\x04", Foreign { name: "a ZIP archive", advice: UNPACK }),
    (b"PK\x05\x06", Foreign { name: "an empty ZIP archive", advice: OPEN_A_TRACE }),
    (b"\x1F\x8B", Foreign { name: "a gzip file", advice: UNPACK }),
    (b"MSCF", Foreign { name: "a CAB archive", advice: UNPACK }),
    (b"7z\xBC\xAF\x27\x1C", Foreign { name: "a 7z archive", advice: UNPACK }),
    (b"ElfFile\0", Foreign { name: "a Windows event log (EVTX)", advice: "open it in the Event Viewer" }),
    (
        b"\xD4\xC3\xB2\xA1",
        Foreign { name: "a network capture (pcap)", advice: "open it in Wireshark; the SIP in it is encrypted" },
    ),
    (
        b"\xA1\xB2\xC3\xD4",
        Foreign { name: "a network capture (pcap)", advice: "open it in Wireshark; the SIP in it is encrypted" },
    ),
    (
        b"\x4D\x3C\xB2\xA1",
        Foreign { name: "a network capture (pcap)", advice: "open it in Wireshark; the SIP in it is encrypted" },
    ),
    (
        b"\x0A\x0D\x0D\x0A",
        Foreign { name: "a network capture (pcapng)", advice: "open it in Wireshark; the SIP in it is encrypted" },
    ),
    (b"\xFF\xD8\xFF", Foreign { name: "a JPEG picture", advice: OPEN_A_TRACE }),
    (b"\x89PNG\r\n", Foreign { name: "a PNG picture", advice: OPEN_A_TRACE }),
    (b"GIF8", Foreign { name: "a GIF picture", advice: OPEN_A_TRACE }),
    (b"%PDF", Foreign { name: "a PDF document", advice: OPEN_A_TRACE }),
    (
        b"\xD0\xCF\x11\xE0",
        Foreign { name: "an Office or Outlook document", advice: "save the attached log to a file and open that" },
    ),
    (b"MZ", Foreign { name: "a Windows program", advice: OPEN_A_TRACE }),
    (b"\x7FELF", Foreign { name: "a Linux program", advice: OPEN_A_TRACE }),
];

const ETL: Foreign = Foreign {
    name: "a binary trace (ETL)",
    advice: "turn it into text with Search-CsClsLogging -OutputFilePath on the server, or with OCSLogger or tracefmt",
};

/// Knows a kind by its first bytes; `name` only decides between binary kinds that look alike.
pub fn by_first_bytes(head: &[u8], name: &str) -> Option<Foreign> {
    if let Some((_, foreign)) = MAGIC.iter().find(|(magic, _)| head.starts_with(magic)) {
        return Some(*foreign);
    }
    let sample = head.get(..4096).unwrap_or(head);
    let nuls = sample.iter().filter(|&&byte| byte == 0).count();
    let is_binary = sample.len() >= 16 && nuls * 5 > sample.len() && !sample.iter().all(|&byte| byte == 0);
    if !is_binary || head.starts_with(b"\xFF\xFE") || head.starts_with(b"\xFE\xFF") {
        return None;
    }
    let extension = name.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
    // An ETL file starts with its buffer size, a power of two between 1 KiB and 16 MiB.
    let buffer_size = head.first_chunk().map_or(0, |bytes: &[u8; 4]| u32::from_le_bytes(*bytes));
    if matches!(extension.as_str(), "etl" | "cache")
        || (buffer_size.is_power_of_two() && (1 << 10..=1 << 24).contains(&buffer_size))
    {
        return Some(ETL);
    }
    Some(Foreign { name: "a binary file", advice: OPEN_A_TRACE })
}

/// Says whether a line has the shape of a kind.
type IsLine = fn(&[u8]) -> bool;

/// Text kinds that are known by the shape of their lines.
pub const BY_LINE: &[(IsLine, Foreign)] = &[
    (
        |line| line.starts_with(b"#Software: Microsoft Internet Information Services") || line.starts_with(b"#Fields:"),
        Foreign {
            name: "a web server log (IIS, W3C)",
            advice: "collect the scenario Authentication with the Centralized Logging Service instead",
        },
    ),
    (
        |line| {
            memchr::memmem::find(line, b"MESSAGE START <<<<<<<<<<")
                .or_else(|| memchr::memmem::find(line, b"MESSAGE START >>>>>>>>>>"))
                .is_some()
        },
        Foreign { name: "a debug log of pidgin-sipe", advice: OPEN_A_TRACE },
    ),
    (
        is_syslog,
        Foreign { name: "a syslog of a gateway or phone", advice: "open it in the syslog viewer of its maker" },
    ),
    (
        |line| {
            line.ends_with(b"$$begin_record")
                && !line.starts_with(b"TL_")
                && line.iter().take(2).all(u8::is_ascii_digit)
        },
        Foreign {
            name: "a contact centre log",
            advice: "its records look like server traces and are not; open it in the viewer of its maker",
        },
    ),
];

fn is_syslog(line: &[u8]) -> bool {
    let priority = line.strip_prefix(b"<").and_then(|rest| rest.split(|&byte| byte == b'>').next());
    priority.is_some_and(|digits| (1..=3).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit))
        || memchr::memmem::find(line, b"---- Incoming SIP Message from").is_some()
}
