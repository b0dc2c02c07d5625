//! What can be offered for the query that is being typed: names of fields, and the values of the log with
//! their counts.
//!
//! A frame may ask for them when the text changes: counts stand ready in the view, and of many values only
//! the few that are shown are put in order.

use super::view::View;
use crate::index::{Column, Value};
use crate::query::{Scope, complete};
use std::cmp::Reverse;

/// Most values offered at once.
const MOST_OFFERS: usize = 12;

/// Something that can be taken into the query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    pub value: String,
    /// In how many records of the list it stands; names of fields are not counted.
    pub count: Option<u64>,
    /// What it is, in a few words; empty where there is nothing to say.
    pub about: String,
}

/// What is offered at one place of the query.
#[derive(Clone, Debug)]
pub struct Offers {
    pub place: complete::Place,
    pub offers: Vec<Offer>,
}

impl Offers {
    /// Offers for a query with the cursor at a byte of it; `None` where there is nothing to offer.
    #[must_use]
    pub fn at(view: &View, query: &str, cursor: usize) -> Option<Self> {
        let place = complete::place(query, cursor)?;
        let (typed, offers) = match &place.typing {
            complete::Typing::Name { typed, follows_term } => {
                let names = complete::names(typed, *follows_term).into_iter();
                let offer = |(value, about): (String, &str)| Offer { value, count: None, about: about.to_owned() };
                (typed, names.map(offer).collect())
            }
            complete::Typing::Value { field, typed, .. } => (typed, values(view, column(field.name)?, typed)),
        };
        let is_done = matches!(offers.as_slice(), [only] if only.value.eq_ignore_ascii_case(typed));
        (!offers.is_empty() && !is_done).then_some(Self { place, offers })
    }
}

/// Addresses of the log that hold what was typed.
#[must_use]
pub fn addresses_like(view: &View, typed: &str) -> Vec<Offer> {
    let offers = values(view, Column::Uri, typed.trim());
    let is_done = matches!(offers.as_slice(), [only] if only.value == typed);
    if is_done { Vec::new() } else { offers }
}

/// The column that a field asks for; `None` where its values are not worth counting, or have no end.
fn column(field: &str) -> Option<Column> {
    Some(match field {
        "uri" => Column::Uri,
        "from" => Column::From,
        "to" => Column::To,
        "method" => Column::Method,
        "component" => Column::Component,
        "machine" => Column::Machine,
        "level" => Column::Level,
        "kind" => Column::Kind,
        "file" => Column::File,
        "peer" => Column::Peer,
        "package" => Column::Package,
        "direction" => Column::Direction,
        "status" => Column::Status,
        "diag" => Column::Code,
        _ => return None,
    })
}

fn values(view: &View, column: Column, typed: &str) -> Vec<Offer> {
    let offer = |value: &Value| {
        let count = count(value, view.scope);
        let about = if count == 0 { "only with All records".to_owned() } else { about(view, column, &value.text) };
        Offer { value: value.text.to_string(), count: Some(count.into()), about }
    };
    top(view.values.of(column), view.scope, typed).into_iter().map(offer).collect()
}

fn count(value: &Value, scope: Scope) -> u32 {
    match scope {
        Scope::Messages => value.count.messages,
        Scope::AllRecords => value.count.records,
    }
}

/// The values that hold what was typed: those that start with it first, then the most frequent.
fn top<'v>(values: &'v [Value], scope: Scope, typed: &str) -> Vec<&'v Value> {
    let typed = typed.trim_matches('*').to_lowercase();
    let mut best = Vec::with_capacity(MOST_OFFERS + 1);
    for value in values {
        let Some(at) = find(&value.text, &typed) else { continue };
        let rank = (Reverse(at == 0), Reverse(count(value, scope)), &*value.text);
        let place = best.partition_point(|(other, _)| *other < rank);
        if place == MOST_OFFERS {
            continue;
        }
        best.insert(place, (rank, value));
        best.truncate(MOST_OFFERS);
    }
    best.into_iter().map(|(_, value)| value).collect()
}

/// Where lower-case words stand in a text, letter case aside.
fn find(text: &str, words: &str) -> Option<usize> {
    let has_case = |text: &str| text.bytes().any(|byte| byte.is_ascii_uppercase() || !byte.is_ascii());
    // Most values are addresses, which are kept in lower case.
    text.find(words).or_else(|| if has_case(text) { text.to_lowercase().find(words) } else { None })
}

fn about(view: &View, column: Column, value: &str) -> String {
    match column {
        Column::Status => view.reasons.get(value).cloned(),
        Column::Code => {
            let code = value.parse().ok();
            view.codes.iter().find(|known| Some(known.code) == code).and_then(|known| known.reason.clone())
        }
        Column::Direction => Some(
            match value {
                "in" => "received",
                "out" => "sent",
                _ => "neither received nor sent",
            }
            .to_owned(),
        ),
        Column::File => {
            let file = view.index.files().iter().find(|file| file.name() == value);
            file.and_then(|file| file.format).map(|format| format.title().to_owned())
        }
        _ => None,
    }
    .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::{Count, RowId};

    fn value(text: &str, messages: u32, records: u32) -> Value {
        Value { text: text.into(), count: Count { messages, records }, first: RowId(0) }
    }

    #[test]
    fn the_most_frequent_values_come_first() {
        let values = [
            value("ben@contoso.com", 5, 5),
            value("joanna@contoso.com", 90, 90),
            value("anna@contoso.com", 40, 40),
            value("Anna.Lee", 2, 70),
        ];
        let cases: [(&str, Scope, &[&str]); 6] = [
            ("ANN", Scope::Messages, &["anna@contoso.com", "Anna.Lee", "joanna@contoso.com"]),
            ("ann", Scope::AllRecords, &["Anna.Lee", "anna@contoso.com", "joanna@contoso.com"]),
            ("*@contoso", Scope::Messages, &["joanna@contoso.com", "anna@contoso.com", "ben@contoso.com"]),
            (".lee", Scope::Messages, &["Anna.Lee"]),
            ("", Scope::Messages, &["joanna@contoso.com", "anna@contoso.com", "ben@contoso.com", "Anna.Lee"]),
            ("zoe", Scope::Messages, &[]),
        ];
        for (typed, scope, wanted) in cases {
            let found: Vec<&str> = top(&values, scope, typed).into_iter().map(|value| &*value.text).collect();
            assert_eq!(found, wanted, "{typed}");
        }
    }

    #[test]
    fn no_more_than_fit_are_offered_and_they_are_the_best() {
        let values: Vec<Value> = (0..500).map(|n| value(&format!("user{n}"), n * 7919 % 500, 500)).collect();
        let found: Vec<u32> =
            top(&values, Scope::Messages, "user").into_iter().map(|value| value.count.messages).collect();
        assert_eq!(found, (500 - MOST_OFFERS as u32..500).rev().collect::<Vec<_>>());
    }

    #[test]
    fn every_field_with_a_column_is_a_field() {
        let counted = crate::query::FIELDS.iter().filter(|field| column(field.name).is_some()).count();
        assert_eq!(counted, Column::Code as usize + 1);
    }
}
