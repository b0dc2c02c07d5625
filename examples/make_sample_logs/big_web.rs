//! The web and component lines of the large trace.

use std::fmt::Write as _;

use crate::big_trace::{BigTrace, machine_at};

/// A web request and its answer, or a part of it.
pub fn http(trace: &mut BigTrace) {
    let machine = trace.ids.below(16) as usize;
    let number = trace.ids.below(4_000_000_000);
    let user = trace.any_user();
    let fqdn = machine_at(machine).1.to_ascii_lowercase();
    let pool = machine_at(machine).0.to_ascii_lowercase();
    let request_scope = "WebInfrastructure,OcsIisModule.OnAuthenticateRequest:ocsiismodule.cs(311)";
    trace.header("TL_INFO(TF_COMPONENT)", machine, "2B1C", request_scope);
    let _ = match trace.ids.below(4) {
        0 => writeln!(
            trace.text,
            "[{number:010}] RequestUrl=https://{pool}.contoso.com:4443/WebTicket/WebTicketService.svc/cert,RequestVerb=POST"
        ),
        1 => writeln!(
            trace.text,
            "[{number:010}] RequestUrl=https://{pool}.contoso.com:4443/CertProv/CertProvisioningService.svc/WebTicket_Proof_SHA1,RequestVerb=POST"
        ),
        2 => {
            let address = trace.user(user).to_owned();
            writeln!(
                trace.text,
                "[{number:010}] GET /Autodiscover/AutodiscoverService.svc/root/user?originalDomain=contoso.com&sipuri=sip:{address} HTTP/1.1\nHost: webext.contoso.com\nAccept: application/json\nX-MS-WebTicket: opaque=cwt={number:016x}"
            )
        }
        _ => writeln!(
            trace.text,
            "[{number:010}] RequestUrl=https://{pool}.contoso.com/abs/handler/C-1149-114a.lsabs,RequestVerb=GET"
        ),
    };

    let answer_scope = "WebInfrastructure,HttpTracer.TraceResponse:httptracer.cs(88)";
    trace.header("TL_INFO(TF_COMPONENT)", machine, "2B1C", answer_scope);
    let (status, extra) = match trace.ids.below(12) {
        0 => (
            "401 Unauthorized",
            "X-Ms-diagnostics: 28032;source=\"webext.contoso.com/\";reason=\"The web ticket is invalid.\";faultcode=\"wsse:InvalidSecurityToken\"\n",
        ),
        1 => (
            "401 Unauthorized",
            "X-MS-WebTicketURL: https://webext.contoso.com/WebTicket/WebTicketService.svc\nWWW-Authenticate: Negotiate\n",
        ),
        2 => (
            "400 Bad Request",
            "X-Ms-diagnostics: 28020;source=\"webext.contoso.com/\";reason=\"No valid security token.\"\n",
        ),
        3 => ("500 Internal Server Error", ""),
        _ => ("200 OK", ""),
    };
    let date = trace.gmt();
    let _ = writeln!(
        trace.text,
        "[{number:010}] HTTP/1.1 {status}\nCache-Control: no-cache\nContent-Length: 0\nServer: Microsoft-IIS/8.5\n{extra}X-MS-Server-Fqdn: {fqdn}.contoso.com\nX-MS-Correlation-Id: {number}\nX-Content-Type-Options: nosniff\nDate: {date}"
    );
}

/// A line of some component, as they fill every trace.
pub fn line(trace: &mut BigTrace) {
    let machine = trace.ids.below(20) as usize;
    let value = trace.ids.below(50_000);
    let user = trace.any_user();
    let address = trace.user(user).to_owned();
    let kinds = [
        "SIPStack,CSIPMessageProcessor::ProcessQueue:sipmessageprocessor.cpp(1188)",
        "SIPStack,CRecvRequestContext::Dispatch:recvrequestcontext.cpp(412)",
        "UserServices,CUserReplicatorCache::Refresh:userreplicatorcache.cpp(233)",
        "WebInfrastructure,HostingHealth.Report:hostinghealth.cs(57)",
        "LYSS,StorageSession.Flush:storagesession.cs(301)",
        "RoutingApps,InboundRouting.GetEndpoints:inboundrouting.cs(904)",
    ];
    let kind = value as usize % kinds.len();
    let level = ["TL_INFO(TF_COMPONENT)", "TL_VERBOSE(TF_COMPONENT)", "TL_WARN(TF_COMPONENT)"][value as usize / 7 % 3];
    trace.header(level, machine, "1E6C", kinds[kind]);
    let _ = match kind {
        0 => writeln!(trace.text, "Queue drained, depth={}, oldest={value} ms", value % 7),
        1 => writeln!(
            trace.text,
            "( 00000000028F{value:04X} ) Dispatching request of sip:{address} to application UserServices"
        ),
        2 => writeln!(
            trace.text,
            "Cache holds {} users, {} changed, last sip:{address}",
            4_000 + value % 900,
            value % 30
        ),
        3 => writeln!(trace.text, "Site ExternalWebSite is running, requests/min={value}"),
        4 => writeln!(trace.text, "Flushed {} items in {} ms", value % 600, value % 230),
        _ => writeln!(trace.text, "Endpoint lookup for sip:{address} took {} ms, {} endpoints", value % 90, value % 4),
    };
}
