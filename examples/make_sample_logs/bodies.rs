//! What SIP messages carry inside: presence, subscriptions, provisioning, call offers.

use crate::ids::Ids;

pub const PRESENCE_TYPE: &str = "application/msrtc-event-categories+xml";
pub const SUBSCRIBE_TYPE: &str = "application/msrtc-adrl-categorylist+xml";
pub const PUBLISH_TYPE: &str = "application/msrtc-category-publish+xml";
pub const PROVISIONING_TYPE: &str = "application/vnd-microsoft-roaming-provisioning-v2+xml";
pub const CONTACTS_TYPE: &str = "application/vnd-microsoft-roaming-contacts+xml";
pub const SELF_TYPE: &str = "application/vnd-microsoft-roaming-self+xml";

/// A user's availability: 3500 free, 6500 busy, 15500 away.
pub fn presence(user: &str, availability: u32, instance: u32) -> String {
    format!(
        "<categories xmlns=\"http://schemas.microsoft.com/2006/09/sip/categories\" uri=\"sip:{user}\"><category name=\"state\" instance=\"{instance}\" publishTime=\"2024-11-20T13:20:00.000\" container=\"2\" version=\"7\" expireType=\"user\"><state xsi:type=\"aggregateState\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xmlns=\"http://schemas.microsoft.com/2006/09/sip/state\"><availability>{availability}</availability></state></category></categories>"
    )
}

/// The wish to see the presence of others.
pub fn watch(user: &str, others: &[&str]) -> String {
    let resources: String = others.iter().map(|other| format!("<resource uri=\"sip:{other}\"/>")).collect();
    format!(
        "<batchSub xmlns=\"http://schemas.microsoft.com/2006/01/sip/batch-subscribe\" uri=\"sip:{user}\" name=\"\"><action name=\"subscribe\" id=\"1\"><adhocList>{resources}</adhocList><categoryList xmlns=\"http://schemas.microsoft.com/2006/09/sip/categorylist\"><category name=\"state\"/><category name=\"contactCard\"/><category name=\"note\"/></categoryList></action></batchSub>"
    )
}

pub fn publish(user: &str, availability: u32, version: u32) -> String {
    format!(
        "<publish xmlns=\"http://schemas.microsoft.com/2006/09/sip/rich-presence\"><publications uri=\"sip:{user}\"><publication categoryName=\"state\" instance=\"906391354\" container=\"2\" version=\"{version}\" expireType=\"endpoint\"><state manual=\"false\" xsi:type=\"machineState\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xmlns=\"http://schemas.microsoft.com/2006/09/sip/state\"><availability>{availability}</availability></state></publication></publications></publish>"
    )
}

pub fn contacts(others: &[&str]) -> String {
    let list: String = others
        .iter()
        .map(|other| format!("<contact uri=\"{other}\" name=\"\" groups=\"1\" subscribed=\"true\" externalURI=\"\"/>"))
        .collect();
    format!("<contactList deltaNum=\"14\"><group id=\"1\" name=\"~\" externalURI=\"\"/>{list}</contactList>")
}

pub fn roaming_self(user: &str) -> String {
    format!(
        "<roamingData xmlns=\"http://schemas.microsoft.com/2006/09/sip/roaming-self\"><categories xmlns=\"http://schemas.microsoft.com/2006/09/sip/categories\" uri=\"sip:{user}\"/><containers xmlns=\"http://schemas.microsoft.com/2006/09/sip/container-management\"><container id=\"400\" version=\"3\"><member type=\"sameEnterprise\"/></container></containers></roamingData>"
    )
}

/// The settings of the pool, as the client gets them when it signs in: one very long line.
pub fn provisioning(normalisation_rules: u32, ids: &mut Ids) -> String {
    let mut xml = String::from(
        "<provisionGroupList xmlns=\"http://schemas.microsoft.com/2006/09/sip/provisiongrouplist-notification\"><provisionGroup name=\"ServerConfiguration\"><absInternalServerUrl>https://fepool01.contoso.com/abs/handler</absInternalServerUrl><absExternalServerUrl>https://webext.contoso.com/abs/handler</absExternalServerUrl><organization>Contoso</organization><ucPC2PCAVEncryption>RequireEncryption</ucPC2PCAVEncryption><dlxInternalUrl>https://fepool01.contoso.com/groupexpansion/service.svc</dlxInternalUrl></provisionGroup><provisionGroup name=\"ucPolicy\"><propertyEntryList><property name=\"EnablePresencePolicy\">true</property><property name=\"EnableCall\">true</property></propertyEntryList></provisionGroup><provisionGroup name=\"LocationProfile\"><LocationProfileDescription><Name>Contoso-Main.contoso.com</Name>",
    );
    for rule in 0..normalisation_rules {
        let digits = 3 + ids.below(4);
        let prefix = 200 + ids.below(700);
        xml.push_str(&format!(
            "<Rule><Description>Extension block {rule}</Description><Pattern>^(\\d{{{digits}}})$</Pattern><Translation>+1425555{prefix}$1</Translation><InternalEnterpriseExtension>true</InternalEnterpriseExtension><ApplicableForDeviceDialing>false</ApplicableForDeviceDialing></Rule>"
        ));
    }
    xml.push_str("</LocationProfileDescription></provisionGroup></provisionGroupList>");
    xml
}

/// An offer or answer for an audio call.
pub fn audio_sdp(address: &str, ids: &mut Ids) -> String {
    let host = address.split(':').next().unwrap_or(address);
    let port = 50_000 + ids.below(9_000) / 2 * 2;
    let user = ids.hex(4);
    let password = ids.hex(24);
    let key = crate::ids::base64(&ids.bytes(30));
    [
        "v=0".to_owned(),
        format!("o=- 0 0 IN IP4 {host}"),
        "s=session".to_owned(),
        format!("c=IN IP4 {host}"),
        "b=CT:99980".to_owned(),
        "t=0 0".to_owned(),
        format!("m=audio {port} RTP/SAVP 104 9 0 8 101"),
        format!("a=ice-ufrag:{user}"),
        format!("a=ice-pwd:{password}"),
        format!("a=candidate:1 1 UDP 2130706431 {host} {port} typ host"),
        format!("a=candidate:1 2 UDP 2130705918 {host} {} typ host", port + 1),
        format!("a=crypto:2 AES_CM_128_HMAC_SHA1_80 inline:{key}|2^31|1:1"),
        "a=rtpmap:104 SILK/16000".to_owned(),
        "a=rtpmap:9 G722/8000".to_owned(),
        "a=rtpmap:0 PCMU/8000".to_owned(),
        "a=rtpmap:8 PCMA/8000".to_owned(),
        "a=rtpmap:101 telephone-event/8000".to_owned(),
        "a=ptime:20".to_owned(),
        String::new(),
    ]
    .join("\r\n")
}

/// An offer or answer for a conversation in writing.
pub fn message_sdp(user: &str, address: &str) -> String {
    let host = address.split(':').next().unwrap_or(address);
    format!(
        "v=0\r\no=- 0 0 IN IP4 {host}\r\ns=session\r\nc=IN IP4 {host}\r\nt=0 0\r\nm=message 5060 sip sip:{user}\r\na=accept-types:text/plain multipart/alternative text/rtf text/html\r\n"
    )
}
