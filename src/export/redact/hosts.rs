//! Names of hosts: what is registered of one, whose is nobody's in particular, and what only looks like one.

use rustc_hash::FxHashSet;
use std::sync::LazyLock;

/// Domains of nobody in particular: of specifications, of Microsoft's own services, and placeholders.
const PUBLIC: [&str; 27] = [
    "microsoft.com",
    "w3.org",
    "xmlsoap.org",
    "oasis-open.org",
    "tempuri.org",
    "ietf.org",
    "openxmlformats.org",
    "datacontract.org",
    "lync.com",
    "skype.com",
    "skypeforbusiness.com",
    "microsoftonline.com",
    "microsoftonline-p.com",
    "windows.net",
    "windows.com",
    "windowsazure.com",
    "azure.com",
    "azure.net",
    "office.com",
    "office.net",
    "office365.com",
    "outlook.com",
    "live.com",
    "msn.com",
    "msftncsi.com",
    "msftconnecttest.com",
    "anonymous.invalid",
];

/// True for a domain that may stay: `registrable` has no host before it.
#[must_use]
pub fn is_public(registrable: &str) -> bool {
    PUBLIC.contains(&registrable)
}

/// Names of tenants stand below these.
const SHARED: [&str; 4] = ["onmicrosoft.com", "sharepoint.com", "onmicrosoft.de", "onmicrosoft.us"];

/// The part of a host's name that somebody registered: the last two labels, or three below `co.uk` and the like.
#[must_use]
pub fn registrable(host: &str) -> &str {
    const SECOND: [&str; 10] = ["co", "com", "net", "org", "gov", "edu", "ac", "or", "ne", "go"];
    let mut dots = host.rmatch_indices('.').map(|(at, _)| at);
    let (last, second, third) = (dots.next(), dots.next(), dots.next());
    let after = |dot: Option<usize>| dot.map_or(host, |at| host.get(at + 1..).unwrap_or(host));
    let two = after(second);
    let is_shared = SHARED.contains(&two)
        || last.is_some_and(|at| host.len() - at == 3)
            && two.split('.').next().is_some_and(|word| SECOND.contains(&word));
    if is_shared && second.is_some() { after(third) } else { two }
}

/// Ends of hosts' names that no class and no file has.
const ENDS: &str = "\
    com net org edu gov biz eu local lan corp internal intranet intra priv localdomain test example de at ch li \
    fr it es pt nl be lu uk ie dk se no fi pl cz sk hu ro bg gr hr ua ru tr il ae sa qa cn jp kr tw hk sg my th \
    vn id ph au nz ca us mx br ar cl co za eg ng ke in io dev ai gmbh ltd llc inc cloud group tech digital \
    online solutions systems services company agency global world international email software consulting \
    engineering energy health clinic hospital bank insurance finance legal school academy university berlin \
    hamburg koeln bayern wien swiss tirol ruhr saarland nrw london wales scot paris bzh amsterdam nyc tokyo asia \
    africa lat shop store media press team works industries holdings ventures capital coop museum aero jobs mobi \
    travel lv lt ee si ba mk mt cy ge az kz lk bd pk np kh mn uy pe ec bo ve cr gt cu jm tt ma tn dz ly gh tz ug \
    zm zw mu na ir iq jo lb kw om bh ye sy af fo gl gg je ad mc sm va tv info app";

/// First labels of hosts that are believed whatever they end in.
const SERVICES: &str = "\
    sip sipinternal sipexternal sipfed lync lyncweb lyncext lyncint lyncdiscover lyncdiscoverinternal skypeweb webext \
    webint meet dialin autodiscover www mail owa adfs sts scheduler";

/// Ends of files' names, some of which begin like a service.
const FILES: &str =
    "cs cpp h hpp exe dll sys log txt xml config ini etl xaml svc asmx aspx json html htm js css map png";

static KNOWN_ENDS: LazyLock<FxHashSet<&str>> = LazyLock::new(|| ENDS.split_whitespace().collect());
static KNOWN_SERVICES: LazyLock<FxHashSet<&str>> = LazyLock::new(|| SERVICES.split_whitespace().collect());

/// True where a name with dots ends as names of hosts do, so that it is none of a class or a file.
#[must_use]
pub fn ends_like_host(name: &str) -> bool {
    let Some((before, end)) = name.rsplit_once('.') else { return false };
    let is_upper = !name.chars().any(char::is_lowercase);
    let end = if is_upper { end.to_ascii_lowercase() } else { end.to_owned() };
    let is_known = KNOWN_ENDS.contains(end.as_str());
    let first = before.split('.').next().unwrap_or_default().to_ascii_lowercase();
    let is_service = before.contains('.')
        && (first.starts_with("_sip") || KNOWN_SERVICES.contains(first.as_str()))
        && (2..=24).contains(&end.len())
        && end.bytes().all(|byte| byte.is_ascii_lowercase())
        && !FILES.split_whitespace().any(|file| file == end);
    // `done.It is` is no host: two letters are believed after two labels only.
    (is_service || is_known && (end.len() > 2 || before.contains('.'))) && before.chars().any(char::is_alphabetic)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_registered_of_a_host() {
        for (host, wanted) in [
            ("fe01.emea.contoso.com", "contoso.com"),
            ("contoso.com", "contoso.com"),
            ("sip.contoso.co.uk", "contoso.co.uk"),
            ("co.uk", "co.uk"),
            ("contoso.onmicrosoft.com", "contoso.onmicrosoft.com"),
            ("x.contoso.onmicrosoft.com", "contoso.onmicrosoft.com"),
            ("fe01", "fe01"),
        ] {
            assert_eq!(registrable(host), wanted, "{host}");
        }
    }

    #[test]
    fn names_with_dots_that_are_hosts_and_others() {
        for host in [
            "fe01.contoso.com",
            "dc1.corp.local",
            "CONTOSO.COM",
            "sip.fabrikam.de",
            "fabrikam.gmbh",
            "meet.fabrikam.rocks",
        ] {
            assert!(ends_like_host(host), "{host}");
        }
        for other in ["System.Net", "httptracer.cs", "done.It", "a.de", "16.0.4600", "1.com", "meet.min.js", "lync.exe"]
        {
            assert!(!ends_like_host(other), "{other}");
        }
    }
}
