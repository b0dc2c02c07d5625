//! What logs and traces look like after they were cut, merged, searched twice or copied from a console. The lines
//! that no reader can understand are there on purpose, and counted by the tests.

use crate::every_client_record::{CHALLENGE, REGISTER, entry, received, sent};
use crate::{LineEnd, Sample};

pub fn tell() -> Vec<Sample> {
    vec![
        Sample {
            path: "damaged/mia-UccApi-1.UccApilog".to_owned(),
            shows: "A damaged client log, on purpose (4 lines are not understood): it starts inside a message, frames lost their end or their begin, a line of the same thread stands in a message, a date is none, and it is cut inside a header.",
            line_end: LineEnd::Crlf,
            text: client(),
        },
        Sample {
            path: "damaged/fe01-cls.txt".to_owned(),
            shows: "A damaged server trace, on purpose (15 lines are not understood): copied with a PowerShell transcript, two searches appended to one file, entries of the event log and of IIS between the records, records that could not be decoded, and records that lost their header or end.",
            line_end: LineEnd::Lf,
            text: SERVER.to_owned(),
        },
    ]
}

fn client() -> String {
    let challenge = CHALLENGE.replace("13:40:03", "13:50:01");
    let register = |clock: &str, cseq: u8| sent(clock, &REGISTER.replace("CSeq: 1", &format!("CSeq: {cseq}")));
    let without_end = |frame: &str| frame.rfind("11/20/2024|").map_or_else(String::new, |at| frame[..at].to_owned());
    let without_begin = |frame: &str| frame.rfind("11/20/2024|").map_or_else(String::new, |at| frame[at..].to_owned());
    // The thread itself writes a line inside the message, so what stands after it is lost to it.
    let broken = register("14:50:01.300", 4).replacen(
        "CSeq:",
        &format!("{}CSeq:", entry("14:50:01.300", "C74", "WARN", "CSIPAsyncSocket: the buffer was full")),
        1,
    );
    let no_date = entry("14:50:01.400", "2B3C", "INFO", "a date that is none").replacen("11/20", "13/45", 1);
    let cut = received("14:50:01.500", &challenge);
    let cut = cut.find("targetname").map_or("", |at| &cut[..at]);
    [
        "CSeq: 1 REGISTER\nContent-Length: 0\n\n",
        &without_end(&register("14:50:01.000", 2)),
        &without_end(&register("14:50:01.100", 3)),
        &entry("14:50:01.200", "C74", "INFO", "CSIPTransport: the socket was closed"),
        &without_begin(&received("14:50:01.210", &challenge)),
        &broken,
        &no_date,
        cut,
    ]
    .concat()
}

const SERVER: &str = r#"**********************
Windows PowerShell transcript start
Start time: 20241120145100
**********************
PS C:\> Search-CsClsLogging -Uri mia@contoso.com

TL_INFO(TF_PROTOCOL) [FEPOOL01\FE01]1E6C.0B40::11/20/2024-13:50:01.010.0000B001 (SIPStack,SIPAdminLog::ProtocolRecord::Flush:ProtocolRecord.cpp(265)) [3634190300] $$begin_record
Trace-Correlation-Id: 3634190300
Direction: incoming
Peer: edge01.contoso.com:51413
Message-Type: request
Start-Line: REGISTER sip:contoso.com SIP/2.0
From: <sip:mia@contoso.com>;tag=6d10a3f7e2;epid=4b77c01d55
To: <sip:mia@contoso.com>
Call-ID: 3b6ec1f2a9d04c5e8a7714f0c2d9e601
CSeq: 2 REGISTER
Content-Length: 0
Message-Body: –
$$end_record

11/20/2024 13:50:01 LS User Services 30988 Error
Sending HTTP request failed. Server functionality will be affected if messages are failing consistently.
#Software: Microsoft Internet Information Services 10.0
#Fields: date time s-ip cs-method cs-uri-stem s-port c-ip sc-status
2024-11-20 13:50:01 192.0.2.20 POST /WebTicket/WebTicketService.svc/cert 4443 198.51.100.61 401

TL_INFO(TF_PROTOCOL) [FEPOOL01\FE01]1E6C.0B40::11/20/2024-13:50:01.020.0000B002 (SIPStack,SIPAdminLog::ProtocolRecord::Flush:ProtocolRecord.cpp(265)) [3634190300] $$begin_record
Trace-Correlation-Id: 3634190300
Direction: outgoing
Peer: edge01.contoso.com:51413
Message-Type: response
Start-Line: SIP/2.0 403 Forbidden
From: <sip:mia@contoso.com>;tag=6d10a3f7e2;epid=4b77c01d55
To: <sip:mia@contoso.com>;tag=9
Call-ID: 3b6ec1f2a9d04c5e8a7714f0c2d9e601
CSeq: 2 REGISTER
ms-diagnostics: 4004;reason="Credentials provided are not authorized to act as specified from URI";source="fe01.contoso.com"
TL_INFO(TF_COMPONENT) [FEPOOL01\FE01]1E6C.0B40::11/20/2024-13:50:01.030.0000B003 (SIPStack,CRouter::Route:router.cpp(91)) [3634190300]( 00000000028FDD70 ) Result 0xC3E93C5E(SIPPROXY_E_ROUTING)
LogType: diagnostic
Severity: error
Text: Routing error occurred Result-Code: 0xc3e93c5e SIPPROXY_E_ROUTING
SIP-Start-Line: REGISTER sip:contoso.com SIP/2.0
SIP-Call-ID: 3b6ec1f2a9d04c5e8a7714f0c2d9e601
SIP-CSeq: 2 REGISTER
$$end_record
TL_INFO(TF_COMPONENT) [FEPOOL01\FE01]1E6C.0B40::11/20/2024-13:50:01.040.0000B004 (SIPStack,CRouter::Route:router.cpp(92)) [3634190300] this line stands before the one of the event log
11/20/2024 13:50:01 LS Protocol Stack 14428 Warning
$$end_record
Unknown( 12): GUID=8f1c6a20-0000-5000-8000-5a6b7c8d9e0f (No Format Information found).
Unknown( 14): GUID=8f1c6a20-0000-5000-8000-5a6b7c8d9e0f (No Format Information found).
Severity: information
Text: a record that lost its header
Data: source="fe01.contoso.com"
$$end_record
TL_INFO(TF_PROTOCOL) [FEPOOL01\FE01]1E6C.0B40::11/20/2024-13:50:01.010.0000B001 (SIPStack,SIPAdminLog::ProtocolRecord::Flush:ProtocolRecord.cpp(265)) [3634190300] $$begin_record
Trace-Correlation-Id: 3634190300
Direction: incoming
Peer: edge01.contoso.com:51413
Message-Type: request
Start-Line: REGISTER sip:contoso.com SIP/2.0
From: <sip:mia@contoso.com>;tag=6d10a3f7e2;epid=4b77c01d55
To: <sip:mia@contoso.com>
Call-ID: 3b6ec1f2a9d04c5e8a7714f0c2d9e601
CSeq: 2 REGISTER
Content-Length: 0
Message-Body: –
$$end_record

TL_INFO(TF_PROTOCOL) [FEPOOL01\FE01]1E6C.0B40::11/20/2024-13:50:02.000.0000B010 (SIPStack,SIPAdminLog::ProtocolRecord::Flush:ProtocolRecord.cpp(265)) [3634190301] $$begin_record
Trace-Correlation-Id: 3634190301
Direction: incoming
Peer: edge01.contoso.com:51413
Message-Type: request
Start-Line: MESSAGE sip:mia@contoso.com SIP/2.0
From: <sip:olga@contoso.com>;tag=91;epid=c0
To: <sip:mia@contoso.com>
Call-ID: 6b1f
CSeq: 5 MESSAGE
Content-Length: 400
Message-Body: the search ended her"#;
