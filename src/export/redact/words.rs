//! Words that are never taken for somebody's name: those of the protocols, of the logs, and of ordinary English.
//!
//! A user called `info` or a machine called `edge` must not change the words of every message. What stands here stays
//! where it stands alone; in an address it still gets a stand-in.

use crate::diagnosis::knowledge::{Knowledge, Place};
use rustc_hash::FxHashSet;
use std::sync::LazyLock;

/// Of the formats, by and large in the order of where they come from: SIP, headers, authentication, server fields, HTTP
/// and XML, logs, roles of machines.
const FORMAT: &str = "\
    sip sips tel mailto http https urn uuid udp tcp tls mtls dsk rtp srtp ice stun turn register invite message ack \
    bye cancel options info notify benotify subscribe publish refer update prack service negotiate request response \
    trying ringing unauthorized forbidden found temporarily unavailable server internal error time timeout busy here \
    gone redirect moved accepted accept acceptable via from call length content type contact expires event supported \
    require allow allowed user agent proxy authenticate authorization authentication route record identity asserted \
    preferred referred replaces subject date warning reason max forwards path gruu opaque tag branch epid instance \
    methods transport keep alive uac uas hop end received port cid maddr ms diagnostics client public conversation \
    text format plain html charset subscription state presence action added primary cluster central connected logon \
    data remote roaming provisioning contacts self batch list category categories container containers piggyback \
    cseq seq audio video application sharing session media phone number context ext isub ntlm kerberos digest basic \
    bearer realm target targetname version gssapi crand cnum srand snum rspauth qop nonce cnonce stale auth auths \
    sts uri uris url communications lync skype business microsoft office communicator rtc ucc uccapi uccplatform \
    uccp oc ocs sfb cls clslogging ocslogger trace traces tracing log logs logging level levels errors warn noise \
    verbose debug notice fatal connection connections protocol security diagnostic component components network \
    severity direction incoming outgoing external start line peer local ip ipv correlation id ids begin fqdn source \
    destination domain domains host hosts hostname name names username password account accounts login logoff sign \
    signin signed report pass fail failed failure success status code codes result results root soap fault envelope \
    header headers body token tokens assertion ticket tickets web webticket certificate certificates cert certs \
    proof sha issuer key keys value values types xml xmlns xsi schema schemas mex wsdl definitions wsse wsu svc asmx \
    aspx autodiscover discover discovery lyncdiscover lyncdiscoverinternal sipinternal sipexternal sipinternaltls \
    sipfederationtls sipdir meet dialin scheduler join abs handler groupexpansion ucwa reach conf mcu focus av avmcu \
    im group groups chat voice mail voicemail conferencing conference attendant announcement announcements bot bots \
    app apps apple android anonymous unknown everyone guest guests system localhost test tests probe monitor admin \
    administrator administrators support help helpdesk sales home mobile work other others edge edges pool pools \
    front frontend fe backend back director directors mediation gateway gateways registrar registrars access reverse \
    balancer member members node nodes site sites main survivable sba sbs dc dns srv dhcp vpn lan wan wlan nat nic \
    iis sql exchange exch owa ews smtp pbx trunk www ftp ntp ldap adfs idp mfa above accessdenied accesslocation aes \
    aes128 aes256 alert androidlync appliesto archive association asynccontext asynchresult authenticateduser \
    authority autodiscoverresponse autodiscoverservice autodiscovery dnsautodiscovery binary binarysecuritytoken \
    bootstrap callback callid callee cancelled canceled candidate candidates cbc certname certprov \
    certprovisioningservice chain channel cipher circles claim claimtype clock codecs compact computername \
    connectivity control cookie cpe cpp credential credentials crypto cwt datagram dataonly datetime decryption \
    denied deregistered deactivated des3 detail dialog disposition diversion document dropped dsgetdc dss ecdhe \
    ecdsa ede encoding encrypted encryptedassertion encrypteddata ended endpointid errorcode errorid etag etype \
    executing executioncomplete executewithwindowsornoauthinternal executewithmetadatainternal \
    executewithoauthinternal expired export extended faultcode faultstring fetch fetching field fingerprint finished \
    flag flags flow foreign forwarded fqdn1 g722 gcm generic geolocation getandpublishcert newwebticket \
    getoauthtoken gmt guid hand handshake hash hello history hmac href hresult httptracer httplib identify illegal \
    insufficient integrity internet invalidsecuritytoken ipadlync iphonelync issued kdc keepalive krb kvno language \
    leg lifetime link loop lost md5 mechanism mechanisms messages metadata methodtype minor mismatch modified msg \
    msrtcoauth mutual negoex negotiation netconnection nokey nomatch notyet ntlmmismatch ntlmssp ntlmv1 ntlmv2 oauth \
    ocsiismodule onauthenticaterequest onenable operation operationname operator origin originaldomain outlook \
    overflow padata pcma pcmu peerserver pending postdate pragma preauth presented principal priority prflx \
    provision pvno rack range ranges rc4 reauthentication recvonly redirected referer reflexive refreshed refused \
    registered registration reject rejected relay remoteuser renegotiation replaced reply requests \
    requestedprooftoken requestedsecuritytoken requestsecuritytoken requestsecuritytokenresponse requesturl \
    requestverb responses revocation revoke revoked robot routing rsa rseq rtpmap saml scope sdp sealing sec sending \
    sendonly sendrecv sequence serial servers sessionsecurity sha1 sha256 sha384 signing sipadminlog \
    sipclientexternalaccess sipclientinternalaccess sipfrag sipmessage sipproxy sipserverexternalaccess \
    sipserverinternalaccess sipstack sipuri skew specification spnego srflx ssl starttime endtime step stripchart \
    subcode subscriptions succeeded suffix suite supplied supports tables targetfqdn targeturi terminated timestamp \
    tokentype traced tracerequest traceresponse transfer tree trusted unanswered unreachable unrecognized \
    unregistered unsupported unsure upgrade used user2user usercredential userservices usersipaddress utc valuetype \
    verb verify verifyonenableevent webinfrastructure webticketservice webticketurl winsock wplync wws x509 zone \
    istemperror webrequest webservice webservices iwebticketservice mcuinfra messagetype dialstring \
    telephonesubscriber voip sipsipping lyss storageservice mrasservice udcagent clsagent uccwp x conn dialogid \
    routecheck applies msrtc trust split proxies fqdns verified expiry pidf cpim imdn cccp ocsdiagnosticsfault \
    gssapidata stsuri wwwauthenticate rtcc exumrouting mediationserver unverified polycom vvx yealink snom \
    grant_type tls-dsk begin_record end_record $$begin_record $$end_record start-line sip-start-line message-body \
    message-type trace-correlation-id instance-id result-code sip-call-id sip-cseq get-newwebticket get-oauthtoken \
    lync-autodiscovery tl_info tl_warn tl_error tf_protocol tf_component tf_connection tf_diag tf_security";

/// Months and days, which stand in every `Date`.
const DATES: &str = "\
    mon tue wed thu fri sat sun monday tuesday wednesday thursday friday saturday sunday jan feb mar apr may jun \
    jul aug sep oct nov dec january february march april june july august september october november december";

const ENGLISH: &str = "\
    in on at to of or by an as is it if do so up we he me us my go am be true false yes no none null off and the \
    for with not was were are has have had can could will would should must might been being but all any some this \
    that these those then than there their they them you your our his her its who what when where which why how \
    out into over under after before between during while because about against again only also just more most \
    less least very much many few new old own same such each every both either first last next previous one two \
    three four five six seven eight nine ten zero open opened close closed read write written send sent get got \
    set put post delete head patch create created destroy add remove removed change changed check checked checking \
    look lookup resolve resolved resolver query queried answer answered ask asked try tried retry retried wait \
    waited begun started stop stopped stopping running run ready idle active inactive cached cache current \
    currently later now today day days hour hours minute minutes second seconds milliseconds ago age item items \
    entry entries file files folder folders lines byte bytes bit bits packet packets frame frames buffer buffers \
    socket sockets thread threads process processes timer timers events object objects method function functions \
    class property properties element elements attribute attributes parameter parameters argument option empty \
    full half part parts whole left right top bottom high low long short big small good bad known valid invalid \
    missing wrong correct expected unexpected available required optional enabled disabled default global common \
    general normal special single double multiple total count size limit minimum maximum average order sort index \
    table row rows column columns page pages view window windows desktop device devices computer machine machines \
    platform adapter adapters address addresses book phones telephone fax endpoint endpoints policy policies \
    profile profiles setting settings configuration configured config automatic manual template build release \
    initialize initialized transaction transactions parsed parse signature evaluate states unchanged presentity \
    rule description pattern translation dialing dial extension block organization encryption location enterprise \
    org com net edu gov biz int example software fields program temp appdata users documents hklm hkcu hkey \
    currentcontrolset services powershell transcript search command output input uccapilog txt csv json etl zip \
    bak damaged pasted healthy sample samples kind kinds oclogger snooper ocs2007r2 uccapi0 tf tl spn upn netbios \
    ntauthority builtin workgroup anonymousinvalid utf ascii iso mime multipart alternative mixed related boundary \
    gzip deflate chunked iphone ipad mac linux chrome firefox edgehtml mozilla gecko trident safari webkit stand \
    nothing something anything everything fine okay done doing does did make made take taken give given need needs \
    advice afterwards ahead always another arrived behind below beyond belongs callers came cannot carries carry \
    cause causes caused challenge challenged cleared clears confirm confirms dead deeper decline decode differ \
    direct directly early else ends entity everywhere exist exists fails fallback family folded functionality gave \
    goes highest hint identical inappropriate information initial kept knows lacks late likely limited lower match \
    matches meaning modern neither note noted once outer owner pair pick place present prevent progress prefix \
    proved provided reached reaches reports restriction return returned returns says see seems seen sends sees \
    shared shown since somebody soon stands stays still stops strict sure taking timed toward unique unobtainable \
    until upper uses usual usually vary wanted wants warns without works worked yesterday brief compressed \
    decompression interval detected extra hops mandatory merge undecipherable redirecting welcome successful \
    successfully";

/// The words of the formats and dates, and what servers say about a code: that must stay readable, word by word.
static OF_FORMATS: LazyLock<FxHashSet<String>> = LazyLock::new(|| {
    let mut all: FxHashSet<String> =
        [FORMAT, DATES].iter().flat_map(|list| list.split_whitespace()).map(str::to_owned).collect();
    for code in Knowledge::built_in().codes() {
        for text in code.reasons.iter().chain([&code.component]) {
            let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| word.len() > 2);
            all.extend(words.map(str::to_lowercase));
        }
    }
    all
});

static KNOWN: LazyLock<FxHashSet<String>> = LazyLock::new(|| {
    OF_FORMATS.iter().map(String::as_str).chain(ENGLISH.split_whitespace()).map(str::to_owned).collect()
});

/// True for a single word, in any case, that says nothing about who or where: a common one, a name of the formats,
/// or one without letters.
#[must_use]
pub fn is_common(word: &str) -> bool {
    !word.chars().any(char::is_alphabetic) || KNOWN.contains(word.to_lowercase().as_str()) || is_listed(word)
}

/// True for a name that the tables of this program explain.
fn is_listed(name: &str) -> bool {
    Place::ALL.iter().any(|&place| Knowledge::built_in().name_in(place, name).is_some())
}

/// True for what may be the name of a header, a field, a scheme or a mark, where one stands: somebody may be called so
/// elsewhere, such as `svc-lync`.
#[must_use]
pub fn is_of_formats(name: &str) -> bool {
    let mut parts = name.split(['-', '_', '$', '\u{2010}', '\u{2011}']).filter(|part| !part.is_empty());
    let has_parts = name.chars().any(char::is_alphabetic) && name.contains(['-', '_', '$', '\u{2010}', '\u{2011}']);
    has_parts
        && parts.all(|part| {
            OF_FORMATS.contains(part.to_lowercase().as_str()) || part.bytes().all(|byte| byte.is_ascii_digit())
        })
        || OF_FORMATS.contains(name.to_lowercase().as_str())
        || is_listed(name)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_samples_companies_and_people_are_no_common_words() {
        for word in ["contoso", "fabrikam", "anna", "ben", "greta", "henry", "mia", "noah", "olga", "fe01", "webext"] {
            assert!(!is_common(word), "{word}");
        }
        assert!(is_common("INVITE") && are_common("Response Group Service"));
        for word in
            ["2.0", "Call-ID", "gssapi-data", "www-authenticate", "begin_record", "tls-dsk", "nov", "grant_type"]
        {
            assert!(is_common(word), "{word}");
        }
        assert!(
            !is_common("will.short") && !is_common("pc-0207") && !is_common("anna-phone") && !is_common("svc-lync")
        );
    }
}
