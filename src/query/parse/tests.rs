//! Tables of queries: what they mean, and what is said of those that mean nothing.

use super::super::edit::{replace_term, term_value};
use super::super::term::{AddressPattern, DiagnosticTerm, DirectionTerm, NumberRange, Pattern, TextPattern, TimeRange};
use super::*;

/// A query's shape, with every term spelt out: `&` for and, `|` for or, `!` for not.
fn shape(query: &Query) -> String {
    let list = |parts: &[Query], sign: &str| {
        let parts: Vec<_> = parts.iter().map(shape).collect();
        format!("[{}]", parts.join(sign))
    };
    match query {
        Query::All => "all".to_owned(),
        Query::And(parts) => list(parts, " & "),
        Query::Or(parts) => list(parts, " | "),
        Query::Not(inner) => format!("!{}", shape(inner)),
        Query::Term(Term::Text(text)) => match text.literal() {
            Some(words) => format!("<{words}>"),
            None => format!("/{text}/"),
        },
        Query::Term(term) => term.to_string(),
    }
}

const QUERIES: &[(&str, &str)] = &[
    ("", "all"),
    (" \t\n", "all"),
    ("webticket", "<webticket>"),
    ("404", "<404>"),
    ("a b", "[<a> & <b>]"),
    ("a and b AND c", "[<a> & <b> & <c>]"),
    ("a or b", "[<a> | <b>]"),
    ("a b or c d", "[[<a> & <b>] | [<c> & <d>]]"),
    ("a OR b Or c", "[<a> | <b> | <c>]"),
    ("a (b or c)", "[<a> & [<b> | <c>]]"),
    ("a(b or c)d", "[<a> & [<b> | <c>] & <d>]"),
    ("(a)(b)", "[<a> & <b>]"),
    ("((a))", "<a>"),
    ("a (b c)", "[<a> & <b> & <c>]"),
    ("(a or b) or c", "[<a> | <b> | <c>]"),
    ("not a b", "[!<a> & <b>]"),
    ("not(a b)", "![<a> & <b>]"),
    ("a or not(b)", "[<a> | !<b>]"),
    ("a or(b c)", "[<a> | [<b> & <c>]]"),
    ("-a or b", "[!<a> | <b>]"),
    ("-(a or b)", "![<a> | <b>]"),
    ("--a", "!!<a>"),
    ("not -a", "!!<a>"),
    ("NOT not a", "!!<a>"),
    ("-status:401", "!status:401"),
    ("-/x y/", "!/x y/"),
    ("-\"x y\"", "!<x y>"),
    ("a-b", "<a-b>"),
    ("\"web ticket\"", "<web ticket>"),
    ("\"or\"", "<or>"),
    ("\"say \\\"hi\\\" \\\\ \\n\"", "<say \"hi\" \\ \\n>"),
    ("text:word", "<word>"),
    ("text:\"two words\"", "<two words>"),
    ("text:/x y/", "/x y/"),
    ("TEXT:or", "<or>"),
    ("/gssapi-data=\"[^\"]+\"/", "/gssapi-data=\"[^\"]+\"/"),
    (r"/a\/b\\/ c", r"[/a\/b\\/ & <c>]"),
    ("/(a|b)/(c)", "[/(a|b)/ & <c>]"),
    ("std::io", "<std::io>"),
    ("call-id:x", "<call-id:x>"),
    ("5061:x", "<5061:x>"),
    (":x", "<:x>"),
    ("a\\b.c", "<a\\b.c>"),
    ("TL_INFO(TF_PROTOCOL)", "<TL_INFO(TF_PROTOCOL)>"),
    ("(TL_INFO(TF_PROTOCOL))", "<TL_INFO(TF_PROTOCOL)>"),
    ("realm=\"x\"", "<realm=\"x\">"),
    ("nota orb", "[<nota> & <orb>]"),
    ("uri:anna@contoso.com", "uri:anna@contoso.com"),
    ("URI:SIP:Anna", "uri:anna"),
    ("uri:@x.com", "uri:*@x.com"),
    ("from:anna to:*@b.com", "[from:anna & to:*@b.com]"),
    ("callid:ABC* method:Register cseq:2", "[callid:abc* & method:register & cseq:2]"),
    ("component:SIPStack machine:\"fe 01\"", "[component:sipstack & machine:\"fe 01\"]"),
    ("level:TL_ERROR kind:message", "[level:error & kind:message]"),
    ("file:C:\\x.log", "file:c:\\x.log"),
    ("file:/var/x(1).log", "file:\"/var/x(1).log\""),
    ("file:\"C:\\My logs\\x\"", "file:\"c:\\\\my logs\\\\x\""),
    ("peer:10.0.0.7:* package:ntlm", "[peer:10.0.0.7:* & package:ntlm]"),
    ("dir:in direction:OUT dir:none", "[direction:in & direction:out & direction:none]"),
    ("status:401", "status:401"),
    ("status:4xx", "status:400..499"),
    ("status:40X", "status:400..409"),
    ("status:400..499", "status:400..499"),
    ("status:400..", "status:>=400"),
    ("status:..499", "status:<=499"),
    ("status:>=400", "status:>=400"),
    ("status:>400", "status:>=401"),
    ("status:<400", "status:<=399"),
    ("status:<=399", "status:<=399"),
    ("diag:28032", "diag:28032"),
    ("diag:1000..1013", "diag:1000..1013"),
    ("diag:ANY", "diag:any"),
    ("diag:0x80ee0067", "diag:2163081319"),
    ("time:14:00..14:10", "time:14:00..14:10"),
    ("time:2024-11-20T14:00..", "time:2024-11-20T14:00.."),
    ("time:..14:05:30.250", "time:00:00..14:05:30.250"),
    ("time:\"2024-11-20 14:00\"", "time:2024-11-20T14:00..2024-11-20T14:00"),
    ("\u{fc}ber \u{1f600}", "[<\u{fc}ber> & <\u{1f600}>]"),
];

#[test]
fn queries() {
    for (text, expected) in QUERIES {
        let query = parse(text).unwrap_or_else(|error| panic!("{}", error.render(text)));
        assert_eq!(shape(&query), *expected, "{text}");
        let written = query.to_string();
        assert_eq!(parse(&written).as_ref(), Ok(&query), "{text} written as {written}");
    }
}

#[test]
fn terms_hold_what_was_asked() {
    let range = |from, to| NumberRange { from, to };
    let cases = [
        ("status:4xx", Term::Status(range(400, 499))),
        ("status:>=400", Term::Status(range(400, u32::MAX))),
        ("diag:any", Term::Diagnostic(DiagnosticTerm::Any)),
        ("diag:..5", Term::Diagnostic(DiagnosticTerm::Range(range(0, 5)))),
        ("dir:none", Term::Direction(DirectionTerm::None)),
        ("callid:A*", Term::CallId(Pattern::new("a*"))),
        ("level:tl_warn", Term::Level(Pattern::new("WARN"))),
        ("time:1970-01-01", Term::Time(TimeRange::Absolute { from: 0, to: 86_399_999 })),
        ("to:tel:+1425", Term::To(AddressPattern::new("+1425").expect("an address"))),
        ("/x/", Term::Text(TextPattern::regex("x").expect("a regex"))),
    ];
    for (text, term) in cases {
        assert_eq!(parse(text), Ok(Query::Term(term)), "{text}");
    }
}

/// The query, the carets below it, and a part of the message.
const FAULTS: &[(&str, &str, &str)] = &[
    ("status:4x1", "       ^^^", "a status is a number (401), a class (4xx)"),
    ("a status:499..400", "         ^^^^^^^^", "a status is"),
    ("status:xxx", "       ^^^", "a status is"),
    ("status:+4", "       ^^", "a status is"),
    ("status:<0", "       ^^", "a status is"),
    ("status:..", "       ^^", "a status is"),
    ("status:0x", "       ^^", "a status is"),
    ("status:99999999999", "       ^^^^^^^^^^^", "a status is"),
    ("status:\"4 1\"", "       ^^^^^", "a status is"),
    ("user:anna", "^^^^", "was uri:anna meant?"),
    ("code:28032", "^^^^", "was diag:28032 meant?"),
    ("status:499..400", "       ^^^^^^^^", ">=400), was status:400..499 meant?"),
    ("status:400-499", "       ^^^^^^^", "was status:400..499 meant?"),
    ("status:499-400", "       ^^^^^^^", "was status:400..499 meant?"),
    ("status:400...499", "       ^^^^^^^^^", "was status:400..499 meant?"),
    ("status:=401", "       ^^^^", "was status:401 meant?"),
    ("status:==401", "       ^^^^^", "was status:401 meant?"),
    ("status:=>400", "       ^^^^^", "was status:>=400 meant?"),
    ("status:4*", "       ^^", "was status:4xx meant?"),
    ("status:40*", "       ^^^", "was status:40x meant?"),
    ("status:4x", "       ^^", "was status:4xx meant?"),
    ("status:401,403", "       ^^^^^^^", "write (status:401 or status:403)"),
    ("status:401|4xx", "       ^^^^^^^", "write (status:401 or status:4xx)"),
    ("diag:x", "     ^", "the word any"),
    ("diag:*", "     ^", "was any meant?"),
    ("diag:1013-1000", "     ^^^^^^^^^", "was diag:1000..1013 meant?"),
    ("diag:28032,1008", "     ^^^^^^^^^^", "write (diag:28032 or diag:1008)"),
    ("dir:up", "    ^^", "in, out and none"),
    ("dir:incoming", "    ^^^^^^^^", "was in meant?"),
    ("dir:received", "    ^^^^^^^^", "was in meant?"),
    ("dir:OTU", "    ^^^", "was out meant?"),
    ("direction:non", "          ^^^", "was none meant?"),
    ("time:14:00..25:10", "            ^^^^^", "there is no such time of day"),
    ("time:\"14:00..25:10\"", "             ^^^^^", "there is no such time of day"),
    ("time:2024-11-20..2024-11-19", "     ^^^^^^^^^^^^^^^^^^^^^^", "end after it starts"),
    ("uri:", "^^^^", "right after uri:"),
    ("a uri: b", "  ^^^^", "with no blank between, such as uri:anna@contoso.com"),
    ("uri:\"\"", "    ^^", "right after uri:"),
    ("uri:sip:", "    ^^^^", "an address was expected"),
    ("uri:(a or b)", "^^^^", "(uri:a or uri:b)"),
    ("(uri:)", " ^^^^", "right after uri:"),
    ("uri:/x/", "    ^^^", "* for any stretch"),
    ("foo:bar", "^^^", "one of uri, from, to, callid"),
    ("foo:bar", "^^^", "quote it: \"foo:bar\""),
    ("a http://x", "  ^^^^", "quote it: \"http://x\""),
    ("form:x", "^^^^", "was from:x meant?"),
    ("stauts:4xx", "^^^^^^", "was status:4xx meant?"),
    ("statsu:4xx", "^^^^^^", "was status:4xx meant?"),
    ("diagnostics:1", "^^^^^^^^^^^", "was diag:1 meant?"),
    ("sip:anna@x.com", "^^^", "was uri:anna@x.com meant?"),
    ("x:y", "^", "there is no field x: one of"),
    ("\"open", "^", "not closed"),
    ("a \"b\\\"", "  ^", "not closed"),
    ("\"a\"b", "   ^", "a blank was expected after the closing quote"),
    ("\"\"", "^^", "between the quotes"),
    ("/open", "^", "a closing / was expected"),
    ("/a/b", "   ^", "a blank was expected after the closing slash"),
    ("//", "^^", "between the slashes"),
    ("/a(b/", "  ^", "unclosed group"),
    ("\u{e9} /a[z-a]b/", "     ^^^", "invalid character class range"),
    ("text:/*/", "      ^", "repetition operator"),
    ("(a", "^", "not closed"),
    ("(a (b)", "^", "not closed"),
    ("a)", " ^", "closes nothing"),
    ("a ) or b", "  ^", "closes nothing"),
    ("()", " ^", "between the parentheses"),
    ("(", " ^", "closing parenthesis"),
    ("a or ", "    ^", "after the or"),
    ("or a", "^^", "before this or"),
    ("a or or b", "     ^^", "before this or"),
    ("(a or)", "     ^", "after the or"),
    ("and", "^^^", "before this and"),
    ("a and", "     ^", "after the and"),
    ("a and and b", "      ^^^", "before this and"),
    ("a not", "     ^", "after the not"),
    ("-", "^", "right after the minus sign"),
    ("a - b", "  ^", "right after the minus sign"),
];

#[test]
fn faults_point_at_their_place() {
    for (text, carets, message) in FAULTS {
        let error = parse(text).expect_err(text);
        let rendered = error.render(text);
        let expected = format!("{text}\n{carets} {}", error.message);
        assert_eq!(rendered, expected, "{text}");
        assert!(error.message.contains(message), "{rendered}");
        assert!(!error.expected.is_empty() && !error.to_string().contains('\n'));
    }
    let error = parse("a\tstatus:x").expect_err("no status");
    assert!(error.render("a\tstatus:x").starts_with("a status:x\n         ^ "));
    assert!(error.to_string().starts_with("column 10: a status is"));
}

#[test]
fn a_value_that_is_near_nothing_gets_no_suggestion() {
    for text in
        ["status:x", "status:4x1", "status:", "status:..", "diag:x", "dir:up", "status:0x", "status:99999999999"]
    {
        let error = parse(text).expect_err(text);
        assert!(!error.message.contains("meant?"), "{text}: {}", error.message);
    }
}

#[test]
fn every_fault_says_what_was_expected() {
    for (text, _, _) in FAULTS {
        let message = parse(text).expect_err(text).message;
        let says = ["expected", " is a ", "is one of", "meant?"];
        assert!(says.iter().any(|words| message.contains(words)), "{text}: {message}");
    }
}

#[test]
fn hostile_queries_end_soon() {
    let deep = |level: usize| format!("{}a{}", "(".repeat(level), ")".repeat(level));
    assert!(parse(&deep(DEEPEST)).is_ok());
    for (text, message) in [
        (deep(DEEPEST + 1), "inside each other"),
        ("(".repeat(200_000), "inside each other"),
        ("-".repeat(200_000), "inside each other"),
        ("not ".repeat(200_000), "inside each other"),
        ("a(".repeat(100_000), "inside each other"),
        (format!("a{}", "(".repeat(200_000)), "inside each other"),
        ("a ".repeat(100_000), "terms were expected"),
        ("x".repeat(10_000_000), "longer than"),
        (format!("/{}/", "(".repeat(100_000)), "regular expression"),
        ("a or ".repeat(50_000), "terms were expected"),
        (format!("{}:x", "z".repeat(100_000)), "there is no field"),
    ] {
        let error = parse(&text).expect_err("hostile");
        assert!(error.message.contains(message), "{}", error.message);
        assert!(error.message.len() < 400);
    }
    assert!(parse(&"a()".repeat(3_000)).is_ok());
}

/// Parsing never panics and points inside the text; what parses is written so that it parses back to the same,
/// and takes a further term, and gives it back, without a change to the rest.
fn check(text: &str) {
    let query = match parse(text) {
        Ok(query) => query,
        Err(error) => {
            assert!(error.column <= text.chars().count(), "{text}");
            assert!(error.length >= 1, "{text}");
            let _ = error.render(text);
            let _ = replace_term(text, "status", Some("401"));
            let _ = replace_term(text, "uri", None);
            return;
        }
    };
    let written = query.to_string();
    assert_eq!(parse(&written).as_ref(), Ok(&query), "{text} as {written}");

    let status = Query::Term(Term::Status(NumberRange { from: 401, to: 401 }));
    let narrowed = match query.clone() {
        Query::All => status,
        Query::And(mut parts) => {
            parts.push(status);
            Query::And(parts)
        }
        other => Query::And(vec![other, status]),
    };
    let edited = replace_term(text, "status", Some("401"));
    assert_eq!(parse(&edited), Ok(narrowed), "{text} as {edited}");
    assert_eq!(term_value(&edited, "status").as_deref(), Some("401"));
    let back = replace_term(&edited, "status", None);
    assert_eq!(parse(&back), Ok(query), "{text} as {back}");
}

const PIECES: &[&str] = &[
    "a", " ", "-", "(", ")", "\"", "/", "\\", "or", "not ", "uri:", "text:", "\u{e9}", " and ", ":", "*", "4", "..",
    "time:", "\t", "uri:b ", "a ", " or ", "[", "\u{3000}",
];

#[test]
fn all_short_texts() {
    let mut texts = vec![String::new()];
    for _ in 0..3 {
        texts = texts.iter().flat_map(|text| PIECES.iter().map(move |piece| format!("{text}{piece}"))).collect();
        for text in &texts {
            check(text);
        }
    }
}

#[test]
fn many_longer_texts() {
    let mut state = 1_u64;
    for _ in 0..5_000 {
        let mut text = String::new();
        for _ in 0..12 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let index = usize::try_from(state >> 40).unwrap_or_default() % PIECES.len();
            text.push_str(PIECES.get(index).copied().unwrap_or_default());
        }
        check(&text);
    }
}
