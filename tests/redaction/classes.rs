//! Every way in which a trace tells who or where, each by itself: nothing else in the trace helps to find it.

use super::same::assert_same;
use super::{Pair, written};

const PREFIX: &str = "TL_INFO(TF_COMPONENT) [FEPOOL01\\FE01]2B1C.3FA0::11/20/2024-06:40:52.330.0000B374 (LYSS,StorageSession.Flush:storagesession.cs(301)) ";

/// A line of a server's trace.
fn line(text: &str) -> String {
    format!("{PREFIX}{text}\n")
}

/// A request with more headers and a body.
fn message(method: &str, headers: &str, body: &str) -> String {
    let prefix = PREFIX.replace("TF_COMPONENT", "TF_PROTOCOL").replace(
        "(LYSS,StorageSession.Flush:storagesession.cs(301))",
        "(SIPStack,SIPAdminLog::ProtocolRecord::Flush:ProtocolRecord.cpp(265)) [2274355168]",
    );
    let headers: String = headers.split_terminator('\n').map(|header| format!("{header}\n")).collect();
    format!(
        "{prefix}$$begin_record\nTrace-Correlation-Id: 2274355168\nInstance-Id: 1FCF\nDirection: incoming\n\
         Peer: 203.0.113.71:50915\nMessage-Type: request\nStart-Line: {method} sip:nora@contoso.com SIP/2.0\n\
         Via: SIP/2.0/TLS 203.0.113.71:50915\nFrom: <sip:nora@contoso.com>;tag=5059a8423b;epid=2b7d90c1e4\n\
         To: <sip:nora@contoso.com>\nCall-ID: 06894e9bfdb9cdb0874fe96b0cd532ae\nCSeq: 1 {method}\n{headers}\
         Content-Length: {}\nMessage-Body: {}\n$$end_record\n\n",
        body.len(),
        if body.is_empty() { "\u{2013}" } else { body },
    )
}

fn header(text: &str) -> String {
    message("INVITE", text, "")
}

fn xml(text: &str) -> String {
    message("SERVICE", "Content-Type: application/xml", text)
}

/// Redacts a text that is written by itself, and looks for what must be gone.
fn check(name: &str, text: &str, gone: &[&str]) -> Pair {
    let pair = written(&[("trace.txt", &(line("start") + &line("again") + text))]);
    let own = pair.texts[0].to_lowercase();
    for word in gone {
        assert!(!own.contains(&word.to_lowercase()), "{name}: {word} is left in\n{}", pair.texts[0]);
    }
    let counts = |index: &uccello::index::Index| {
        (index.len(), index.messages(), index.blocks().iter().map(|block| block.lines_not_understood).sum::<u32>())
    };
    assert_eq!(counts(&pair.after), counts(&pair.before), "{name}");
    assert_same(&pair);
    pair
}

#[test]
fn names_of_people() {
    let gone = ["Torvald", "Quist"];
    for text in [
        line(r#"{"displayName":"Torvald Quist","id":3}"#),
        line(r#"{\"displayName\":\"Torvald Quist\"}"#),
        line(r#"{"name":"Torvald Quist","userPrincipalName":"tq\u0040contoso.com"}"#),
        line("GET /x?displayName=Torvald%20Quist&x=1"),
        line("GET /x?displayName=Torvald+Quist&x=1"),
        line("&lt;displayName&gt;Torvald Quist&lt;/displayName&gt;"),
        line("Organizer: Torvald Quist, attendees 3"),
        line("group Name=\"Torvald Quist\" expanded"),
        xml("<UserDisplayName>Torvald Quist</UserDisplayName>"),
        xml("<displayName>\nTorvald Quist\n</displayName>"),
        xml("<contact uri='x@contoso.com' name='Torvald Quist'/>"),
        xml("<user uri=\"x@contoso.com\" name=\"Torvald Quist\"/>"),
        xml("<row cn=\"Torvald Quist\" sn=\"Quist\" givenName=\"Torvald\"/>"),
        header("Diversion: Torvald Quist <sip:tq@contoso.com>"),
        header("P-Asserted-Identity: <sip:nora@contoso.com>, Torvald Quist <tel:+14255550123>"),
        header("P-Asserted-Identity: \"Torvald Quist\"\n <sip:tq@contoso.com>"),
        header("X: \"Torvald Quist\" <mailto:tq@contoso.com>"),
        header("P-Asserted-Identity: \"Torvald Quist\" <sip:tq@contoso.com>") + &line("Welcome Torvald to QUIST's"),
        header("X: \"Torvald Quist\" <sip:tq@contoso.com>") + &line("blob VG9ydmFsZCBRdWlzdA== VE9SVkFMRA=="),
        line("CN=Torvald Quist,OU=Torvald,DC=ad,DC=quist,DC=de"),
        line("Loading C:\\Users\\Torvald Quist\\AppData"),
        message("INVITE", "Content-Type: application/sdp", "v=0\no=torvald 0 0 IN IP4 192.0.2.7\ns=Call of Quist\n"),
    ] {
        check("person", &text, &[gone.as_slice(), &["VG9ydmFsZC"]].concat());
    }
    let text = header("P-Asserted-Identity: \"Jürgen Möller\" <sip:jürgen@contoso.com>");
    check("capitals", &(text + &line("JÜRGEN, Möller and MÖLLER")), &["jürgen", "möller"]);
}

#[test]
fn what_people_write() {
    let plan = "secretplan";
    for text in [
        header("s: secretplan"),
        header("Subject: hello\n secretplan"),
        line("{\"subject\":\"secretplan\"}"),
        xml("<conf subject=\"secretplan\"/>"),
        xml("<meetingSubject>secretplan</meetingSubject><meetingLocation>secretplan</meetingLocation>"),
        xml("<state><location>secretplan office</location></state>"),
        xml("<fileInfo><name>secretplan salaries.xlsx</name></fileInfo>"),
        xml("<first-im>secretplan</first-im>"),
        xml("<ca:A3>secretplan</ca:A3><ca:RD>secretplan</ca:RD><ca:NAM>Villa secretplan</ca:NAM>"),
        header("Ms-Text-Format: text/plain; charset=UTF-8;msgr=WAAtAE0A;ms-body=secretplan"),
        message("MESSAGE", "", "secretplan for tonight"),
        message("MESSAGE", "Content-Type: application/rtf", "secretplan for tonight"),
        message(
            "MESSAGE",
            "Content-Type: multipart/related;boundary=\"b\"",
            "--b\nContent-Type:\n text/plain\n\nsecretplan\n--b\n\nsecretplan\n--b--\n",
        ),
    ] {
        check("words", &text, &[plan]);
    }
}

#[test]
fn numbers_of_telephones() {
    for (text, gone) in [
        (line("CalledNumber=\"0305551234\" dialed"), "5551234"),
        (line("TranslatedNumber=\"4711\" dialed"), "4711"),
        (line("calling 030 1234567 now"), "1234567"),
        (line("dial (206) 555-1234 please"), "555-1234"),
        (line("call 206.555.1234 now"), "206.555"),
        (line("x?to=tel%3a%2b12065551234"), "5551234"),
        (header("X: <sip:0305551234;phone-context=enterprise@contoso.com;user=phone>"), "5551234"),
        (header("P-Asserted-Identity: \"030 5551234\" <sip:tq@contoso.com>"), "5551234"),
    ] {
        check("telephone", &text, &[gone]);
    }
}

#[test]
fn passwords_and_tickets() {
    for text in [
        line(r#"{\"password\":\"hunter22\"}"#),
        line("password=\"my horse hunter22\""),
        line("pin=99887"),
        line("GET https://x.contoso.com/a?ticket=abcSECRETabcd"),
        line("GET https://x.contoso.com/a?sig=abcSECRETabcd&token=abcSECRETabcz"),
        line("HTTP/1.1 200 OK\nSet-Cookie: a=b;\n path=/;tok=zzSECRET"),
        line("GET / HTTP/1.1\nX-MS-Cookie: zzSECRET"),
        header("Record-Route: <sip:edge.contoso.com;lr;ms-route-sig=fdSECRETSIG>"),
        xml("<credentials><username>AgAAJSECRETUS</username><password>abSECRETPW=</password></credentials>"),
    ] {
        check("secret", &text, &["hunter22", "horse", "99887", "SECRET"]);
    }
}

#[test]
fn accounts_and_machines() {
    for text in [
        line("user=tquist failed"),
        line("Executing\n userName: tquist"),
        line("USERNAME=tquist COMPUTERNAME=QUISTPC"),
        line("Workstation: QUISTPC"),
        line("Home is C:\\Users\\tquist"),
        line("logon of berlin\\tquist failed"),
        line("\\\\BERLINSRV\\share-hr\\x.txt"),
        line("server=BERLINSRV is down"),
        line("GET / HTTP/1.1\nHost: fooco"),
        header("User-Agent: Foo/1 (QUISTPC)"),
        line("sip%253atquist%2540fooco.com"),
        line("{\"uri\":\"sip:tquist\\u0040fooco.com\"}"),
        line("https://meet.fooco.com/tquist/ABCD1234"),
        line("connecting to lync.fooco.dev and sip.fooco.solutions"),
        line("connecting to lync.fooco.ai, fooco.gmbh, _sipfederationtls._tcp.fooco.rocks"),
        line("OU=Sales,DC=fooco,DC=de"),
        line("certName=\"cn=sip, o=fooco gmbh\""),
        line("Issued to CN=sip.fooco.de, O=Fooco AG, L=Hintertupfing, S=Hintertupf, C=DE"),
        header("X-Foo: <sip:tquist@x.de>") + &line("blob 74717569737440782e6465"),
    ] {
        let gone = ["tquist", "quistpc", "berlin", "share-hr", "fooco", "abcd1234", "hintertupf", "747175697374"];
        check("account", &text, &gone);
    }
}

#[test]
fn identifiers_and_addresses() {
    for text in [
        line("Sid=S-1-5-21-1004336348-1177238915-682003330-1104"),
        line("objectGuid=7d5c1e2a-1234-5000-8000-0a1b2c3d4e5f"),
        line("Device mac 00:04:F2:AB:CD:EF up"),
        header("User-Agent: PolycomVVX-VVX_410-UA/5.4_64167F1234AB"),
        line("to tcp/10.9.8.7:5061 IP10.9.8.7 ip-10-9-8-7 10_9_8_7"),
        line("Peer: 2a02:1:2:3:abcd:1234:1:2:5061"),
        line("x?ip=%5b2a02%3a1%3a2%3a3%3aabcd%3a1234%3a1%3a2%5d"),
    ] {
        let gone = [
            "1177238915",
            "7d5c1e2a",
            "00:04:f2",
            "64167f1234",
            "10.9.8.7",
            "10-9-8-7",
            "10_9_8_7",
            "abcd:1234",
            "abcd%3a1234",
        ];
        check("identifier", &text, &gone);
    }
    // Versions of products stay, whatever they look like.
    let pair = check("version", &header("User-Agent: UCCAPI/15.0.4420.1017 OC/4.0.7.1 (Microsoft Lync)"), &[]);
    assert!(pair.texts[0].contains("UCCAPI/15.0.4420.1017 OC/4.0.7.1"), "{}", pair.texts[0]);
}

#[test]
fn names_of_files() {
    for name in ["trace-192.0.2.77.txt", "trace_10-9-8-7_x.txt", "call-+14255550188.txt", "4930555123412.log"] {
        let pair = written(&[(name, &(line("start") + &line("again")))]);
        let own = pair.redactor.file_name(0);
        for gone in ["192.0.2.77", "10-9-8-7", "4255550188", "930555123412"] {
            assert!(!own.contains(gone), "{name} became {own}");
        }
    }
    // A user may be called like a word that is common otherwise.
    let of_sales = line("from sip:sales@contoso.com") + &line("again");
    let pair = written(&[("sales-UccApi-0.UccApilog", &of_sales)]);
    assert!(!pair.redactor.file_name(0).contains("sales"), "{}", pair.redactor.file_name(0));
    let pair = written(&[("trace-20241120142121.txt", &(line("start") + &line("again")))]);
    assert_eq!(pair.redactor.file_name(0), "trace-20241120142121.txt");
}
