//! Words that are never taken for somebody's name: those of the protocols, of the logs, and of ordinary English.
//!
//! A user called `info` or a machine called `edge` must not change the words of every message. What stands here stays
//! where it stands alone; in an address it still gets a stand-in.

use crate::diagnosis::knowledge::Knowledge;
use rustc_hash::FxHashSet;
use std::sync::LazyLock;

/// By and large in the order of where they come from: SIP, headers, authentication, server fields, HTTP and XML, logs,
/// roles of machines, English.
const WORDS: &str = "\
    sip sips tel mailto http https urn uuid udp tcp tls mtls dsk rtp srtp ice stun turn register invite message ack bye \
    cancel options info notify benotify subscribe publish refer update prack service negotiate request response \
    trying ringing unauthorized forbidden found temporarily unavailable server internal error time timeout busy here \
    gone redirect moved accepted accept acceptable via from call length content type contact expires event supported \
    require allow allowed user agent proxy authenticate authorization authentication route record identity asserted \
    preferred referred replaces subject date warning reason max forwards path gruu opaque tag branch epid instance \
    methods transport keep alive uac uas hop end received port cid maddr received ms diagnostics client public \
    conversation text format plain html charset subscription state presence action added primary cluster central \
    connected logon data remote roaming provisioning contacts self batch list category categories container containers \
    benotify piggyback cseq seq audio video application sharing data session media phone number context ext isub \
    ntlm kerberos digest basic bearer realm target targetname version gssapi crand cnum srand snum rspauth qop nonce \
    cnonce stale auth auths sts uri uris url communications lync skype business microsoft office communicator rtc ucc \
    uccapi uccplatform uccp oc ocs sfb cls clslogging ocslogger trace traces tracing log logs logging level levels \
    error errors warn warning noise verbose debug notice fatal connection connections protocol security diagnostic \
    component components network severity direction incoming outgoing internal external start line peer local ip ipv \
    correlation id ids begin fqdn source destination domain domains host hosts hostname port name names username \
    password account accounts login logoff sign signin signed report pass fail failed failure success status code codes \
    result results root soap fault envelope header headers body security token tokens assertion ticket tickets web \
    webticket certificate certificates cert certs provisioning proof sha issuer subject key keys value values type \
    types xml xmlns xsi schema schemas mex wsdl definitions wsse wsu svc asmx aspx autodiscover discover discovery \
    lyncdiscover lyncdiscoverinternal sipinternal sipexternal sipinternaltls sipfederationtls sipdir meet dialin \
    scheduler join abs handler groupexpansion ucwa reach conf mcu focus av avmcu im group groups chat voice mail \
    voicemail response conferencing conference attendant announcement announcements bot bots app apps apple android \
    anonymous unknown everyone guest guests system localhost test tests probe monitor admin administrator administrators \
    root support help helpdesk sales office info contact contacts home mobile work other others edge edges pool pools \
    front frontend fe backend back director directors mediation gateway gateways registrar registrars access reverse \
    balancer member members node nodes cluster site sites main branch central survivable sba sbs dc dns srv dhcp vpn \
    lan wan wlan nat nic iis sql exchange exch owa ews mail smtp pbx trunk www ftp ntp ldap adfs sts idp mfa \
    in on at to of or by an as is it if do so up we he me us my go am be \
    true false yes no none null on off and the for with not was were are has have had can could will would should \
    must may might been being but all any some this that these those then than there their they them you your our his \
    her its who what when where which why how out into over under after before between during while because about \
    against again only also just more most less least very much many few new old own same such each every both either \
    first last next previous one two three four five six seven eight nine ten zero open opened close closed read write \
    written send sent get got set put post delete head patch create created destroy add remove removed change changed \
    check checked checking look lookup resolve resolved resolver query queried answer answered ask asked try tried \
    retry retried wait waited begin begun started stop stopped stopping running run ready idle active inactive cached \
    cache current currently later now today day days hour hours minute minutes second seconds milliseconds ago age \
    item items entry entries file files folder folders line lines byte bytes bit bits packet packets frame frames \
    buffer buffers socket sockets thread threads process processes timer timers event events object objects method \
    function functions class property properties element elements attribute attributes node parameter parameters \
    argument option empty full half part parts whole left right top bottom high low long short big small good bad \
    known valid invalid missing wrong correct expected unexpected available required optional enabled disabled default \
    global local common general normal special single double multiple total count number size limit minimum maximum \
    average order sort index table row rows column columns page pages view window windows desktop device devices \
    computer machine machines platform network adapter adapters address addresses book phone phones telephone fax \
    endpoint endpoints policy policies profile profiles setting settings configuration configured config automatic \
    manual template build release platform initialize initialized transaction transactions outgoing parsed parse \
    signature category evaluate state states unchanged presentity instance rule description pattern translation \
    dialing dial extension block organization encryption location enterprise provision property level org com net edu \
    gov biz int www example invalid software fields program data temp appdata roaming users documents public desktop \
    hklm hkcu hkey software currentcontrolset services powershell transcript search command output input path \
    uccapilog txt csv json etl zip bak damaged pasted healthy sample samples external internal sign kind kinds every \
    tracing oclogger snooper ocs2007r2 uccapi0 tf tl spn upn netbios ntauthority builtin workgroup \
    anonymousinvalid charset utf ascii iso mime multipart alternative mixed related boundary gzip deflate chunked \
    iphone ipad mac linux chrome firefox edgehtml mozilla gecko trident safari webkit \
    stand nothing something anything everything fine okay done doing does did make made take taken give given need needs";

static KNOWN: LazyLock<FxHashSet<String>> = LazyLock::new(|| {
    let mut all: FxHashSet<String> = WORDS.split_whitespace().map(str::to_owned).collect();
    // What servers say about a code must stay readable, word by word.
    for code in Knowledge::built_in().codes() {
        for text in code.reasons.iter().chain([&code.component]) {
            let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| word.len() > 2);
            all.extend(words.map(str::to_lowercase));
        }
    }
    all
});

/// True for a single word, in any case, that says nothing about who or where.
#[must_use]
pub fn is_common(word: &str) -> bool {
    KNOWN.contains(word.to_lowercase().as_str()) || word.chars().all(|c| c.is_ascii_digit())
}

/// True for a text made of such words only, blanks and signs between them.
#[must_use]
pub fn are_common(text: &str) -> bool {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).all(is_common)
}

/// True where a common word holds these letters inside: replacing them anywhere would break that word.
#[must_use]
pub fn is_part_of_common(letters: &str) -> bool {
    KNOWN.iter().any(|word| word.contains(letters))
}

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

/// True where a name with dots ends as names of hosts do, so that it is none of a class or a file.
#[must_use]
pub fn ends_like_host(name: &str) -> bool {
    const ENDS: &[&str] = &[
        "com",
        "net",
        "org",
        "edu",
        "gov",
        "biz",
        "eu",
        "local",
        "lan",
        "corp",
        "internal",
        "intranet",
        "intra",
        "priv",
        "localdomain",
        "test",
        "example",
        "de",
        "at",
        "ch",
        "li",
        "fr",
        "it",
        "es",
        "pt",
        "nl",
        "be",
        "lu",
        "uk",
        "ie",
        "dk",
        "se",
        "no",
        "fi",
        "pl",
        "cz",
        "sk",
        "hu",
        "ro",
        "bg",
        "gr",
        "hr",
        "ua",
        "ru",
        "tr",
        "il",
        "ae",
        "sa",
        "qa",
        "cn",
        "jp",
        "kr",
        "tw",
        "hk",
        "sg",
        "my",
        "th",
        "vn",
        "id",
        "ph",
        "au",
        "nz",
        "ca",
        "us",
        "mx",
        "br",
        "ar",
        "cl",
        "co",
        "za",
        "eg",
        "ng",
        "ke",
        "in",
        "io",
    ];
    let Some((before, end)) = name.rsplit_once('.') else { return false };
    let is_upper = !name.chars().any(char::is_lowercase);
    let known = ENDS.contains(&end) || is_upper && ENDS.contains(&end.to_ascii_lowercase().as_str());
    // `done.It is` is no host: two letters are believed after two labels only.
    known && (end.len() > 2 || before.contains('.')) && before.chars().any(char::is_alphabetic)
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
        for host in ["fe01.contoso.com", "dc1.corp.local", "CONTOSO.COM", "sip.fabrikam.de"] {
            assert!(ends_like_host(host), "{host}");
        }
        for other in ["System.Net", "httptracer.cs", "done.It", "a.de", "16.0.4600", "1.com"] {
            assert!(!ends_like_host(other), "{other}");
        }
    }

    #[test]
    fn the_samples_companies_and_people_are_no_common_words() {
        for word in ["contoso", "fabrikam", "anna", "ben", "greta", "henry", "mia", "noah", "olga", "fe01", "webext"] {
            assert!(!is_common(word), "{word}");
        }
        assert!(is_common("INVITE") && are_common("Response Group Service"));
    }
}
