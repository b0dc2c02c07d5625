//! Every kind of record that a server trace (CLS) can hold, once each, in a trace that is whole.

use crate::{LineEnd, Sample};

pub fn tell() -> Vec<Sample> {
    vec![Sample {
        path: "every-record-kind/fe01-cls.txt".to_owned(),
        shows: "Every kind of record of a server trace, once each: connections, protocol records with and without a body, diagnostic and security records, requests and answers of the web components, messages of UCMA applications, of the Mediation Server and of conferences.",
        line_end: LineEnd::Crlf,
        text: [STACK, DIAGNOSTIC, WEB, APPLICATIONS].concat(),
    }]
}

/// Connection and protocol records: fields in any order, an empty body with dash or hyphen, a body that starts on its
/// line, one that looks like records, and one that holds a code.
const STACK: &str = r#"TL_INFO(TF_CONNECTION) [FEPOOL01\FE01]1E6C.0B44::11/20/2024-13:40:02.991.0000A201 (SIPStack,SIPAdminLog::WriteConnectionEvent:SIPAdminLog.cpp(454)) [0000000007] $$begin_record
LogType: connection
Severity: information
Text: TLS negotiation started
Local-IP: 192.0.2.20:5061
Peer-IP: 192.0.2.10:51413
Connection-ID: 0x2B00
Transport: TLS
$$end_record

TL_INFO(TF_PROTOCOL) [EDGEPOOL01\EDGE01]0AB4.1C20::11/20/2024-13:40:03.012.0000A2B3 (SIPStack,SIPAdminLog::ProtocolRecord::Flush:ProtocolRecord.cpp(265)) [4294967295] $$begin_record
Trace-Correlation-Id: 4294967295
Instance-Id: 3C1D
Direction: incoming;source="external edge";destination="internal edge"
Peer: 198.51.100.61:50433
Message-Type: request
Start-Line: REGISTER sip:contoso.com SIP/2.0
From: <sip:mia@contoso.com>;tag=6d10a3f7e2;epid=4b77c01d55
To: <sip:mia@contoso.com>
Call-ID: 3b6ec1f2a9d04c5e8a7714f0c2d9e601
CSeq: 1 REGISTER
Via: SIP/2.0/TLS 198.51.100.61:50433
Content-Length: 0
Message-Body: –
$$end_record

TL_INFO(TF_PROTOCOL) [FEPOOL01\FE01]1E6C.0B40::11/20/2024-13:40:03.031.0000A2B9 (SIPStack,SIPAdminLog::ProtocolRecord::Flush:ProtocolRecord.cpp(265)) [3634190282] $$begin_record
Message-Type: response
Peer: edge01.contoso.com:51413
LogType: protocol
Instance-Id: 3C1E
Direction: outgoing
Trace-Correlation-Id: 3634190282
Start-Line: SIP/2.0 401 Unauthorized
DATE: Wed, 20 Nov 2024 13:40:03 GMT
FROM: <sip:mia@contoso.com>;tag=6d10a3f7e2;epid=4b77c01d55
TO: <sip:mia@contoso.com>;tag=5A5A0E11C3D2
CALL-ID: 3b6ec1f2a9d04c5e8a7714f0c2d9e601
CSEQ: 1 REGISTER
WWW-AUTHENTICATE: NTLM realm="SIP Communications Service", targetname="fe01.contoso.com", version=4
CONTENT-LENGTH: 0
Message-Body: -
$$end_record

TL_INFO(TF_PROTOCOL) [FEPOOL01\FE01]1E6C.0B40::11/20/2024-13:40:04.020.0000A2D1 (SIPStack,SIPAdminLog::ProtocolRecord::Flush:ProtocolRecord.cpp(265)) [3634190283] $$begin_record
Trace-Correlation-Id: 3634190283
Instance-Id: 3C20
Direction: incoming
Peer: edge01.contoso.com:51413
Message-Type: request
Start-Line: INVITE sip:noah@fabrikam.com SIP/2.0
From: "Mia"<sip:mia@contoso.com>;tag=2c40f1;epid=4b77c01d55
To: <sip:noah@fabrikam.com>
Call-ID: 0d5f2b6c90e84a13
CSeq: 1 INVITE
Referred-By: <sip:olga@contoso.com>
Content-Type: application/sdp
Content-Length: 158
Message-Body: v=0
o=- 0 0 IN IP4 198.51.100.61
s=session
c=IN IP4 198.51.100.61
t=0 0
m=audio 50020 RTP/SAVP 111
a=x-ms-SDP-diagnostics:52017;reason="No audio device"
$$end_record

TL_INFO(TF_PROTOCOL) [FEPOOL01\FE01]1E6C.0B40::11/20/2024-13:40:04.500.0000A2E0 (SIPStack,SIPAdminLog::ProtocolRecord::Flush:ProtocolRecord.cpp(265)) [3634190284] $$begin_record
Trace-Correlation-Id: 3634190284
Instance-Id: 3C21
Direction: incoming
Peer: 203.0.113.61:49820
Message-Type: request
Start-Line: MESSAGE sip:mia@contoso.com SIP/2.0
From: <sip:olga@contoso.com>;tag=91;epid=c0
To: <sip:mia@contoso.com>
Call-ID: 6b1f
CSeq: 3 MESSAGE
Content-Type: text/plain
Content-Length: 139
Message-Body: TL_INFO(TF_PROTOCOL) is what the trace says:
 $$end_record
SIP/2.0 200 OK

11/20/2024|14:40:04.400 3C8:C74 INFO  :: and this the client
$$end_record

TL_INFO(TF_PROTOCOL) [FEPOOL01\FE01]1E6C.0B40::11/20/2024-13:40:04.700.0000A2F0 (SIPStack,SIPAdminLog::ProtocolRecord::Flush:ProtocolRecord.cpp(265)) [3634190285] $$begin_record
Trace-Correlation-Id: 3634190285
Instance-Id: 3C22
Direction: outgoing
Peer: 203.0.113.61:49820
Message-Type: request
Start-Line: BENOTIFY sip:203.0.113.61:49820;transport=tls SIP/2.0
From: <sip:olga@contoso.com>;tag=17
To: <sip:olga@contoso.com>;tag=91;epid=c0
Call-ID: 6b20
CSeq: 4 BENOTIFY
ms-diagnostics-public:  4141;reason="User disabled" ; source = "fe01.contoso.com";
Content-Length: 0
Message-Body: –
$$end_record

"#;

/// Diagnostic records with all fields and with few, the result behind the text, and a security record.
const DIAGNOSTIC: &str = r#"TL_ERROR(TF_DIAG) [FEPOOL01\FE01]1E6C.0B40::11/20/2024-13:40:05.101.0000A301 (SIPStack,SIPAdminLog::WriteDiagnosticEvent:SIPAdminLog.cpp(802)) [3634190283] $$begin_record
LogType: diagnostic
Severity: error
Text: Message was not sent because the connection was closed
Result-Code: 0xc3e93c5e SIPPROXY_E_ROUTING
SIP-Start-Line: INVITE sip:noah@fabrikam.com SIP/2.0
SIP-Call-ID: 0d5f2b6c90e84a13
SIP-CSeq: 1 INVITE
Peer: sip.fabrikam.com:5061
Data: fqdn = "sip.fabrikam.com ";port="5061"
$$end_record

TL_WARN(TF_DIAG) [EDGEPOOL01\EDGE01]0AB4.1C20::11/20/2024-13:40:05.110.0000A305 (SIPStack,SIPAdminLog::WriteDiagnosticEvent:SIPAdminLog.cpp(830)) [156659184] $$begin_record
Severity: warning
Text: Routing error occurred; check Result-Code field for more information Result-Code: 0xc3e93c5e SIPPROXY_E_ROUTING
SIP-Call-ID: 0d5f2b6c90e84a13
SIP-CSeq: 1 INVITE
$$end_record

TL_INFO(TF_DIAG) [FEPOOL01\FE01]1E6C.0B40::11/20/2024-13:40:05.120.0000A309 (SIPStack,SIPAdminLog::WriteDiagnosticEvent:SIPAdminLog.cpp(802)) [3634190283] $$begin_record
Severity: information
Text: Response successfully routed
SIP-Start-Line: SIP/2.0 504 Server time-out
SIP-Call-ID: 0d5f2b6c90e84a13
SIP-CSeq: 1 INVITE
Peer: edge01.contoso.com:51413
Data: ms-diagnostics: 1008;reason="Unable to resolve DNS SRV record";domain="fabrikam.com"
$$end_record

TL_ERROR(TF_SECURITY) [FEPOOL01\FE01]1E6C.0B40::11/20/2024-13:40:05.410.0000A31F (SIPStack,SIPAdminLog::WriteSecurityEvent:SIPAdminLog.cpp(424)) [3634190290] $$begin_record
Severity: error
Text: Failed to validate user credentials
Result-Code: 0xc3e93ec3 SIP_E_AUTH_UNAUTHORIZED
SIP-Start-Line: REGISTER sip:contoso.com SIP/2.0
SIP-Call-ID: 3b6ec1f2a9d04c5e8a7714f0c2d9e601
SIP-CSeq: 3 REGISTER
Peer: edge01.contoso.com:51413
Data: user="mia@contoso.com"
$$end_record

TL_INFO(TF_COMPONENT) [FEPOOL01\FE01]1E6C.0B40::11/20/2024-13:40:05.411.0000A320 (SIPStack,std::function<void(int,char const *)>::operator()(functional(125))) [3634190290]( 00000000028FDD70 ) Exit: Result 0xC3E93EC3(SIP_E_AUTH_UNAUTHORIZED)
TL_VERBOSE(TF_NETWORK) [FE01]1E6C.0B44::11/20/2024-13:40:05.412.0000A321 (SIPStack,CSocket::OnSend:socket.cpp(77)) 1034 bytes were sent
  of 1034
TL_NOISE(LYSS_STORE_7) [FEPOOL01\FE01]2F00.1A00::11/20/2024-13:40:05.413.0000A322 (LYSS,Storage.Flush:storage.cs(41)) [0000000012] Flushed 7 items
TL_ERROR(TF_COMPONENT) [FEPOOL01\FE01]2F04.1A04::11/20/2024-13:40:05.414.0000A323 (SyntheticTransactions,Probe.Run:probe.cs(12)) [0000000013] Test failed: ErrorCode=4005,Source=fe01.contoso.com,Reason=Destination URI either not enabled for SIP or does not exist
"#;

/// Web components: URL and verb as fields, with comma and with bar, request lines, answers with headers and bodies.
const WEB: &str = r#"TL_INFO(TF_COMPONENT) [FEPOOL01\FE01]2B1C.3FA0::11/20/2024-13:40:06.004.00009C10 (WebInfrastructure,OcsIisModule.OnAuthenticateRequest:ocsiismodule.cs(311)) [0000000014] RequestUrl=https://fepool01.contoso.com:4443/WebTicket/WebTicketService.svc/cert,RequestVerb=POST
TL_INFO(TF_COMPONENT) [FEPOOL01\FE01]2B1C.3FA0::11/20/2024-13:40:06.014.00009C11 (WebInfrastructure,OcsIisModule.OnBeginRequest:ocsiismodule.cs(298)) [0000000014] Event=Begin|RequestURL=https://fepool01.contoso.com:443/Autodiscover/AutodiscoverService.svc/root?sipuri=sip:mia@contoso.com|RequestVerb=GET
TL_INFO(TF_COMPONENT) [FEPOOL01\FE01]2B1C.3FA0::11/20/2024-13:40:06.024.00009C12 (WebInfrastructure,HttpTracer.TraceRequest:httptracer.cs(61)) [0000000014] : GET /Autodiscover/AutodiscoverService.svc/root/user?originalDomain=contoso.com&sipuri=mia@contoso.com
Host: webext.contoso.com
TL_INFO(TF_RTCHTTP) [FEPOOL01\FE01]2B1C.3FA4::11/20/2024-13:40:06.107.00009C3A (WebInfrastructure,HttpTracer.TraceResponse:httptracer.cs(88)) [0000000014] HTTP/1.1 401 Unauthorized
X-MS-Server-Fqdn: fe01.contoso.com
X-Ms-diagnostics: 28032;source="webext.contoso.com/";reason="The web ticket is invalid.";faultcode="wsse:InvalidSecurityToken"

<html>X-Ms-diagnostics: 1;reason="not a header"</html>
TL_INFO(TF_RTCHTTP) [FEPOOL01\FE01]2B1C.3FA4::11/20/2024-13:40:06.207.00009C3C (WebInfrastructure,HttpTracer.TraceResponse:httptracer.cs(88)) [0000000014]
HTTP/1.1 500 Internal Server Error
Content-Type: text/xml
Transfer-Encoding: chunked

c4
<s:Fault xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><detail><OCSDiagnosticsFault><ErrorId>28020</ErrorId><Reason>No valid security token.</Reason></OCSDiagnosticsFault></detail></s:Fault>
0
"#;

/// Messages that other components write: UCMA (S4) both ways, Mediation, conferences, and lines that hold none.
const APPLICATIONS: &str = r#"TL_INFO(TF_PROTOCOL) [FEPOOL01\FE01]0F20.11C8::11/20/2024-13:40:07.250.000101AA (S4,SipMessage.DataLoggingHelper:sipmessage.cs(613)) [3001122334]
>>>>>>>>>>>>Outgoing SipMessage c=[<SipTlsConnection_2E0D3F4>], 192.0.2.20:5070->192.0.2.21:49234
SIP/2.0 200 OK
FROM: <sip:fe01.contoso.com@contoso.com;gruu;opaque=srvr:HomeServer:abc>;tag=1
TO: <sip:mia@contoso.com>;tag=2
CALL-ID: 88aa
CSEQ: 5 INVITE
CONTENT-LENGTH: 0

------------EndOfOutgoing SipMessage

TL_INFO(TF_PROTOCOL) [FEPOOL01\FE01]0F20.11C8::11/20/2024-13:40:07.260.000101AB (S4,SipMessage.DataLoggingHelper:sipmessage.cs(613)) [3001122334]
<<<<<<<<<<<<Incoming SipMessage c=[<SipTlsConnection_2E0D3F4>], 192.0.2.20:5070<-192.0.2.21:49234
INFO sip:fe01.contoso.com@contoso.com;gruu;opaque=srvr:HomeServer:abc SIP/2.0
FROM: <sip:mia@contoso.com>;tag=2
TO: <sip:fe01.contoso.com@contoso.com;gruu;opaque=srvr:HomeServer:abc>;tag=1
CALL-ID: 88aa
CSEQ: 6 INFO
CONTENT-TYPE: text/plain
CONTENT-LENGTH: 6

typing
------------EndOfIncoming SipMessage

TL_INFO(TF_PROTOCOL) [MEDPOOL01\MED01]0C30.0D40::11/20/2024-13:40:07.300.000201AA (MediationServer,GatewaySide.Trace:gatewayside.cs(90)) [3001122335] sent to the gateway
INVITE sip:+14255550188@192.0.2.90;user=phone SIP/2.0
FROM: <sip:+14255550161@contoso.com;user=phone>;tag=3
TO: <sip:+14255550188@192.0.2.90;user=phone>
CALL-ID: 99bb
CSEQ: 1 INVITE
CONTENT-LENGTH: 0

TL_INFO(TF_PROTOCOL) [FEPOOL01\FE01]0F24.11CC::11/20/2024-13:40:07.400.000101B0 (McuInfra,HttpConnection.Trace:httpconnection.cs(120)) [3001122336]
POST /C3P/avmcu HTTP/1.1
Content-Type: application/cccp+xml

<request requestId="1"><addUser/></request>
TL_INFO(TF_PROTOCOL) [FEPOOL01\FE01]0F24.11CC::11/20/2024-13:40:07.420.000101B1 (Focus,C3PResponse.Trace:c3presponse.cs(31)) [3001122336] HTTP/1.1 200 OK
TL_INFO(TF_PROTOCOL) [FEPOOL01\FE01]0F28.11D0::11/20/2024-13:40:07.500.000101B4 (DataMCU,PsomChannel.OnMessage:psomchannel.cs(55)) [3001122337] PSOM message 12 on channel 3, 40 bytes
"#;
