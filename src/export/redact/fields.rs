//! The fields that name somebody or hide something: one list, however a field is written.
//!
//! `<displayName>x</displayName>`, `displayName="x"`, `"displayName":"x"`, `\"displayName\":\"x\"`, `displayName=x` and
//! `DisplayName: x` are the same field.

use super::secrets::SecretKind;
use rustc_hash::FxHashMap;
use std::ops::Range;
use std::sync::LazyLock;

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// The name of a person or a group.
    Person,
    /// The same, if it is of several words.
    Title,
    User,
    /// A host, if it looks like one: other words stand in fields of these names too.
    Host,
    /// A machine, whatever it is called.
    Machine,
    Phone,
    Secret(SecretKind),
}

/// How a field is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// `<name>x</name>`
    Element = 1,
    /// `name="x"` and `"name":"x"`
    Quoted = 2,
    /// `name=x`
    Bare = 4,
    /// `name: x`
    Line = 8,
}

const ELEMENT: u8 = Form::Element as u8;
const QUOTED: u8 = Form::Quoted as u8;
const BARE: u8 = Form::Bare as u8;
const LINE: u8 = Form::Line as u8;

/// Names without hyphens and underscores, in lower case.
const FIELDS: &[(Field, u8, &str)] = &[
    (
        Field::Person,
        ELEMENT | QUOTED | BARE | LINE,
        "displayname userdisplayname fullname firstname lastname givenname surname fileas friendlyname realname organizer",
    ),
    (Field::Person, ELEMENT, "displaytext"),
    (Field::Person, QUOTED, "cn sn"),
    (Field::Title, ELEMENT | QUOTED, "name"),
    (
        Field::User,
        ELEMENT | QUOTED | BARE | LINE,
        "username userid upn userprincipalname samaccountname accountname useralias",
    ),
    (Field::User, QUOTED | BARE, "user logon login identity owner trustee logonname"),
    (
        Field::Host,
        QUOTED | BARE,
        "source targetname domain originaldomain tlstarget peerserver peer server certname proxy pool destination nexthop",
    ),
    (Field::Host, LINE, "peer xforwardedhost xforwardedserver server"),
    (Field::Machine, QUOTED | BARE | LINE, "workstation computername computer machinename machine hostname host"),
    (
        Field::Phone,
        ELEMENT | QUOTED | BARE | LINE,
        "callednumber callingnumber translatednumber phonenumber telephonenumber mobilenumber lineuri phonecontext",
    ),
    (Field::Secret(SecretKind::Ticket), ELEMENT, "binarysecuritytoken assertion encryptedassertion"),
    (
        Field::Secret(SecretKind::Ticket),
        QUOTED | BARE,
        "accesstoken refreshtoken idtoken assertion wresult samlresponse ticket token sig msroutesig msidentity msidentitycookie",
    ),
    (
        Field::Secret(SecretKind::Password),
        ELEMENT | QUOTED | BARE | LINE,
        "password passwd pwd passphrase clientsecret apikey secret pin",
    ),
    (Field::Secret(SecretKind::Key), ELEMENT, "binarysecret entropy nonce"),
    (
        Field::Secret(SecretKind::Certificate),
        ELEMENT,
        "signaturevalue digestvalue x509certificate x509serialnumber x509issuername x509subjectname certificate pkcs7 \
         pkcs10 ciphervalue keyidentifier modulus exponent",
    ),
    (
        Field::Secret(SecretKind::Words),
        ELEMENT,
        "note subject aboutme freebusy encodedfreebusy title department company office meetingsubject meetinglocation \
         location firstim",
    ),
    // Where somebody lives or works (RFC 4776, RFC 5139).
    (
        Field::Secret(SecretKind::Words),
        ELEMENT,
        "street city postalcode zipcode a1 a2 a3 a4 a5 a6 prm prd rd sts pod hno hns lmk loc nam pc bld unit flr room plc \
         pcn pobox addcode seat rdsec rdbr rdsubbr",
    ),
    (Field::Secret(SecretKind::Words), QUOTED, "subject meetingsubject meetinglocation"),
    (Field::Secret(SecretKind::Words), QUOTED | BARE, "msbody"),
];

/// Names by themselves are in many fields: of elements and of parameters they are looked up apart.
static BY_NAME: LazyLock<FxHashMap<&str, Vec<(u8, Field)>>> = LazyLock::new(|| {
    let mut all: FxHashMap<&str, Vec<(u8, Field)>> = FxHashMap::default();
    for (field, forms, names) in FIELDS {
        for name in names.split_whitespace() {
            all.entry(name).or_default().push((*forms, *field));
        }
    }
    all
});

/// What a field of this name holds.
pub fn of(name: &str, form: Form) -> Option<Field> {
    if name.len() > 30 {
        return None;
    }
    let plain: String = name.chars().filter(|c| c.is_alphanumeric()).map(|c| c.to_ascii_lowercase()).collect();
    let known = BY_NAME.get(plain.as_str()).and_then(|all| all.iter().find(|(forms, _)| forms & form as u8 != 0));
    let is_host = || form != Form::Element && (plain.ends_with("fqdn") || plain.ends_with("host") && plain.len() > 4);
    // `target-user` is a user too; but what a certificate is for are no words of people.
    let last = || name.split_once('-').and_then(|(_, rest)| of(rest, form));
    let last = || last().filter(|field| *field != Field::Secret(SecretKind::Words));
    known.map(|(_, field)| *field).or_else(|| is_host().then_some(Field::Host)).or_else(last)
}

/// A field in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Value {
    pub field: Field,
    pub form: Form,
    pub range: Range<usize>,
}

/// The fields of a line that are written with a name and a sign, in their order.
pub fn assigned(line: &str) -> Vec<Value> {
    let mut all: Vec<Value> = Vec::new();
    let mut end = 0;
    for at in memchr::memchr2_iter(b'=', b':', line.as_bytes()) {
        if at < end {
            continue;
        }
        if let Some(value) = assigned_at(line, at) {
            end = value.range.end;
            all.push(value);
        }
    }
    all
}

/// The field whose sign stands at `sign`.
fn assigned_at(line: &str, sign: usize) -> Option<Value> {
    let is_equal = line.as_bytes().get(sign) == Some(&b'=');
    let before = line.get(..sign)?.trim_end_matches([' ', '\t']);
    let unquoted = before.trim_end_matches(['"', '\'', '\\']);
    let start = unquoted.rfind(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '_').map_or(0, |at| at + 1);
    let name = unquoted.get(start..)?;
    if name.is_empty() {
        return None;
    }
    // `user id: x`
    let name = if name.eq_ignore_ascii_case("id") && unquoted.get(..start)?.to_ascii_lowercase().ends_with("user ") {
        "userid"
    } else {
        name
    };
    let after = line.get(sign + 1..)?;
    let value = after.trim_start_matches([' ', '\t']);
    let start = line.len() - value.len();
    let quote = ["\\\"", "\\'", "\"", "'", "“", "”", "„"].into_iter().find(|quote| value.starts_with(quote));
    let form = match quote {
        Some(_) => Form::Quoted,
        None if is_equal => Form::Bare,
        // A key of JSON has quotes; `a::b` and `http://` are no fields, and a value stands apart.
        None if unquoted.len() < before.len() || after.len() == value.len() => return None,
        None => Form::Line,
    };
    let field = of(name, form)?;
    let range = match (quote, field) {
        (Some(quote), _) => quoted(value, quote)?,
        (None, Field::Person | Field::Title | Field::Secret(_)) if form == Form::Line => {
            0..value.find([';', ',', '<', '(', '"', '&']).unwrap_or(value.len())
        }
        _ => 0..bare_end(value),
    };
    let range = start + range.start..start + range.end;
    let text = line.get(range.clone())?;
    let range = range.start..range.start + text.trim_end().len();
    // What is folded already hides nothing.
    let goes_on = || line.get(range.end..).is_some_and(|after| after.starts_with(" of "));
    let is_folded = text.ends_with(" characters]") || text.ends_with("[]") || text.contains('[') && goes_on();
    (!range.is_empty() && !is_folded).then_some(Value { field, form, range })
}

/// What stands between quotes of one kind; to the end where they do not close.
fn quoted(value: &str, quote: &str) -> Option<Range<usize>> {
    let start = quote.len();
    let content = value.get(start..)?;
    let end = match quote {
        "\"" => {
            let mut is_escaped = false;
            content.bytes().position(|byte| {
                let is_end = byte == b'"' && !is_escaped;
                is_escaped = byte == b'\\' && !is_escaped;
                is_end
            })
        }
        "“" | "”" | "„" => content.find(['“', '”', '"']),
        _ => content.find(quote),
    };
    Some(start..start + end.unwrap_or(content.len()))
}

fn bare_end(value: &str) -> usize {
    value.find(|c: char| c.is_whitespace() || "\"'<>&,;|)]}“”".contains(c)).unwrap_or(value.len())
}

/// The next tag that opens an element of this list, plain or escaped: what it holds, its name, and where it ends.
pub fn next_element(text: &str) -> Option<(Field, &str, Range<usize>)> {
    let mut at = 0;
    loop {
        let open = at + text.get(at..)?.find(['<', '&'])?;
        at = open + 1;
        let tag = text.get(open..)?;
        let (inner, close) = match (tag.strip_prefix('<'), tag.strip_prefix("&lt;")) {
            (Some(inner), _) => (inner, ">"),
            (_, Some(inner)) => (inner, "&gt;"),
            _ => continue,
        };
        let end = inner.find(|c: char| !c.is_ascii_alphanumeric() && !"-_:.".contains(c)).unwrap_or(inner.len());
        let name = inner.get(..end)?;
        // `<sip:office@contoso.com>` is no element.
        let is_tag = inner.get(end..)?.starts_with([' ', '\t', '/', '>', '&'])
            && !["sip:", "sips:", "tel:", "mailto:"].iter().any(|scheme| name.starts_with(scheme));
        if !is_tag {
            continue;
        }
        let name = name.rsplit(':').next().unwrap_or(name);
        let Some(field) = of(name, Form::Element) else { continue };
        // No tag stands inside a tag.
        let rest = inner.get(end..)?;
        let stop =
            rest.find(['<', '>', '&']).filter(|&stop| rest.get(stop..).is_some_and(|rest| rest.starts_with(close)));
        let Some(stop) = stop else { continue };
        if !rest.get(..stop)?.ends_with('/') {
            let start = tag.len() - inner.len();
            return Some((field, name, open..open + start + end + stop + close.len()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_found_however_it_is_written() {
        for (line, wanted) in [
            ("{\"displayName\":\"Anna Smith\",\"id\":3}", &["Anna Smith"][..]),
            ("{\\\"displayName\\\":\\\"Anna Smith\\\",\\\"id\\\":3}", &["Anna Smith"]),
            ("display-name='Anna Smith' x", &["Anna Smith"]),
            ("GET /x?displayName=Anna%20Smith&y=1", &["Anna%20Smith"]),
            ("Organizer: Anna Smith, attendees 3", &["Anna Smith"]),
            ("USERNAME=anna COMPUTERNAME=ANNAPC", &["anna", "ANNAPC"]),
            ("password=\"my horse \\\" x\" pin = 99", &["my horse \\\" x", "99"]),
            ("password=[password of 7 characters];a-fqdn=x.contoso.com", &["x.contoso.com"]),
            ("Host: foo user=anna", &["foo", "anna"]),
            ("User: anna Host::x User-Agent: y \"name\": 7", &[]),
        ] {
            let found: Vec<&str> = assigned(line).into_iter().filter_map(|value| line.get(value.range)).collect();
            assert_eq!(found, wanted, "{line}");
        }
    }

    #[test]
    fn elements_are_found_with_any_prefix() {
        for (text, wanted) in [
            ("<a/><c:displayName xml:lang=\"de\">x", Some("<c:displayName xml:lang=\"de\">")),
            ("&lt;Note&gt;x", Some("&lt;Note&gt;")),
            ("<note/><x>", None),
            ("<sip:office@contoso.com> <sip:note>", None),
            ("a < b & c", None),
        ] {
            assert_eq!(next_element(text).and_then(|(_, _, range)| text.get(range)), wanted, "{text}");
        }
    }
}
