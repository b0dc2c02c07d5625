//! What the dialogs of the large trace say: their steps, their senders' habits, their users.

/// A dialog under way: what it is, how far it has come, and what its messages share.
pub struct Dialog {
    pub script: &'static [Step],
    pub step: usize,
    pub user: usize,
    pub other: usize,
    pub machine: usize,
    pub call_id: String,
    pub from_tag: String,
    pub to_tag: String,
    pub epid: String,
    pub port: u64,
    pub cseq: u32,
    pub style: usize,
}

/// One message of a dialog: start line (`@` stands for the called user), method, and what comes with it.
pub struct Step {
    pub start: &'static str,
    pub method: &'static str,
    pub extra: Extra,
}

#[derive(Clone, Copy)]
pub enum Extra {
    Plain,
    Challenge,
    Token,
    Accepted,
    Presence,
    Subscription,
    Sdp,
    Text,
    Diagnostics,
}

const fn step(start: &'static str, method: &'static str, extra: Extra) -> Step {
    Step { start, method, extra }
}

pub const SIGN_IN: &[Step] = &[
    step("REGISTER sip:contoso.com SIP/2.0", "REGISTER", Extra::Plain),
    step("SIP/2.0 401 Unauthorized", "REGISTER", Extra::Challenge),
    step("REGISTER sip:contoso.com SIP/2.0", "REGISTER", Extra::Token),
    step("SIP/2.0 401 Unauthorized", "REGISTER", Extra::Token),
    step("REGISTER sip:contoso.com SIP/2.0", "REGISTER", Extra::Token),
    step("SIP/2.0 200 OK", "REGISTER", Extra::Accepted),
];
pub const REFRESH: &[Step] = &[
    step("REGISTER sip:contoso.com SIP/2.0", "REGISTER", Extra::Token),
    step("SIP/2.0 200 OK", "REGISTER", Extra::Accepted),
];
pub const WATCH: &[Step] = &[
    step("SUBSCRIBE sip:@ SIP/2.0", "SUBSCRIBE", Extra::Subscription),
    step("SIP/2.0 200 OK", "SUBSCRIBE", Extra::Presence),
    step("BENOTIFY sip:@ SIP/2.0", "BENOTIFY", Extra::Presence),
    step("BENOTIFY sip:@ SIP/2.0", "BENOTIFY", Extra::Presence),
    step("NOTIFY sip:@ SIP/2.0", "NOTIFY", Extra::Presence),
    step("SIP/2.0 200 OK", "NOTIFY", Extra::Plain),
];
pub const CALL: &[Step] = &[
    step("INVITE sip:@ SIP/2.0", "INVITE", Extra::Sdp),
    step("SIP/2.0 100 Trying", "INVITE", Extra::Plain),
    step("SIP/2.0 180 Ringing", "INVITE", Extra::Plain),
    step("SIP/2.0 200 OK", "INVITE", Extra::Sdp),
    step("ACK sip:@ SIP/2.0", "ACK", Extra::Plain),
    step("BYE sip:@ SIP/2.0", "BYE", Extra::Diagnostics),
    step("SIP/2.0 200 OK", "BYE", Extra::Plain),
];
pub const FAILED_CALL: &[Step] = &[
    step("INVITE sip:@ SIP/2.0", "INVITE", Extra::Sdp),
    step("SIP/2.0 504 Server time-out", "INVITE", Extra::Diagnostics),
    step("ACK sip:@ SIP/2.0", "ACK", Extra::Plain),
];
pub const UNKNOWN_CALLEE: &[Step] = &[
    step("INVITE sip:@ SIP/2.0", "INVITE", Extra::Sdp),
    step("SIP/2.0 404 Not Found", "INVITE", Extra::Diagnostics),
    step("ACK sip:@ SIP/2.0", "ACK", Extra::Plain),
];
pub const CHAT: &[Step] = &[
    step("MESSAGE sip:@ SIP/2.0", "MESSAGE", Extra::Text),
    step("SIP/2.0 200 OK", "MESSAGE", Extra::Plain),
    step("MESSAGE sip:@ SIP/2.0", "MESSAGE", Extra::Text),
    step("SIP/2.0 200 OK", "MESSAGE", Extra::Plain),
    step("BYE sip:@ SIP/2.0", "BYE", Extra::Plain),
    step("SIP/2.0 200 OK", "BYE", Extra::Plain),
];
pub const PROBE: &[Step] =
    &[step("OPTIONS sip:@ SIP/2.0", "OPTIONS", Extra::Plain), step("SIP/2.0 200 OK", "OPTIONS", Extra::Plain)];
pub const REFUSED: &[Step] = &[
    step("REGISTER sip:contoso.com SIP/2.0", "REGISTER", Extra::Plain),
    step("SIP/2.0 401 Unauthorized", "REGISTER", Extra::Challenge),
    step("REGISTER sip:contoso.com SIP/2.0", "REGISTER", Extra::Token),
    step("SIP/2.0 401 Unauthorized", "REGISTER", Extra::Diagnostics),
];

/// How one kind of sender writes its headers: names, and the order of those all messages have.
pub struct Style {
    pub order: [char; 6],
    pub from: &'static str,
    pub to: &'static str,
    pub call_id: &'static str,
    pub cseq: &'static str,
    pub via: &'static str,
    pub content_length: &'static str,
}

pub const STYLES: [Style; 4] = [
    Style {
        order: ['v', 'm', 'f', 't', 'i', 'c'],
        from: "From",
        to: "To",
        call_id: "Call-ID",
        cseq: "CSeq",
        via: "Via",
        content_length: "Content-Length",
    },
    Style {
        order: ['f', 't', 'i', 'c', 'v', 'm'],
        from: "FROM",
        to: "TO",
        call_id: "CALL-ID",
        cseq: "CSEQ",
        via: "VIA",
        content_length: "CONTENT-LENGTH",
    },
    Style {
        order: ['m', 'i', 'c', 'v', 'f', 't'],
        from: "From",
        to: "To",
        call_id: "Call-Id",
        cseq: "CSeq",
        via: "Via",
        content_length: "Content-Length",
    },
    Style {
        order: ['t', 'f', 'c', 'v', 'i', 'm'],
        from: "from",
        to: "to",
        call_id: "call-id",
        cseq: "cseq",
        via: "via",
        content_length: "content-length",
    },
];

pub const CHAT_LINES: [&str; 5] = [
    "Good morning",
    "Are you coming to the meeting at ten?",
    "I will send you the figures after lunch, the last column is still missing",
    "Thanks!",
    "Grüße, bis später",
];

pub fn diagnostics_for(step: &Step, user: usize, machine: &str) -> String {
    if step.method == "BYE" {
        return "ms-client-diagnostics: 51004; reason=\"Action initiated by user\";UserType=\"Caller\"".to_owned();
    }
    if step.start.contains(" 404 ") {
        return format!(
            "ms-diagnostics: 4005;reason=\"Destination URI either not enabled for SIP or does not exist\";source=\"{machine}.contoso.com\""
        );
    }
    if step.start.contains(" 401 ") {
        return format!(
            "ms-diagnostics: 1000;reason=\"Final handshake failed\";HRESULT=\"0xC3E93EC3(SIP_E_AUTH_UNAUTHORIZED)\";source=\"{machine}.contoso.com\"\nWWW-Authenticate: NTLM realm=\"SIP Communications Service\", targetname=\"{machine}.contoso.com\", version=4"
        );
    }
    match user % 3 {
        0 => format!(
            "ms-diagnostics: 1008;reason=\"Unable to resolve DNS SRV record\";domain=\"fabrikam.com\";source=\"{machine}.contoso.com\""
        ),
        1 => format!(
            "Ms-Diagnostics: 1009; reason =\"No match for domain in DNS SRV results\"; domain =\"fabrikam.com\";source=\"{machine}.contoso.com\""
        ),
        _ => format!(
            "ms-diagnostics: 10003;source=\"{machine}.contoso.com\";reason=\"Proxy returned a SIP failure code\";component=\"MediationServer\";SipResponseCode=\"504\"\nms-diagnostics-public: 10003;reason=\"Proxy returned a SIP failure code\""
        ),
    }
}

/// `carla.brook17@contoso.com`: five thousand different ones.
pub fn user_name(index: usize) -> String {
    const FIRST: [&str; 20] = [
        "anna", "ben", "carla", "david", "eva", "frank", "greta", "henry", "ida", "jonas", "kim", "lena", "marco",
        "nora", "otto", "paula", "quinn", "rosa", "sven", "tina",
    ];
    const LAST: [&str; 10] = ["brook", "field", "hill", "lake", "meadow", "north", "stone", "vale", "west", "wood"];
    let domain = if index % 5 == 4 { "fabrikam.com" } else { "contoso.com" };
    let first = FIRST[index % 20];
    let last = LAST[index / 20 % 10];
    format!("{first}.{last}{}@{domain}", index / 200 + 1)
}

pub fn display(user: &str) -> &str {
    user.split('@').next().unwrap_or(user)
}
