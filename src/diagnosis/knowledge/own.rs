//! The user's own tables: a folder of them, read one by one over the built-in ones.

use super::Knowledge;
use crate::protocol::lines::to_text;
use crate::source::{self, OpenError};
use std::path::Path;

/// Reads every table of a folder over the built-in ones, by name. A folder that is not there holds no tables; a file
/// that cannot be read is left out as a whole. The answer names each of those in a sentence, with what to do.
#[must_use]
pub fn read_own(folder: &Path) -> (Knowledge, Vec<String>) {
    let mut knowledge = Knowledge::built_in().clone();
    let mut said = Vec::new();
    let files = match source::expand(folder) {
        Ok(files) => files,
        Err(OpenError::Missing(_) | OpenError::EmptyFolder(_)) => Vec::new(),
        Err(why) => {
            said.push(why.to_string());
            Vec::new()
        }
    };
    for file in files {
        match kind(&file.name) {
            Kind::Other => continue,
            Kind::Spreadsheet => {
                said.push(format!(
                    "{}: this is no table that can be read; save it as tab-delimited text, as *.tsv or *.txt",
                    file.name
                ));
                continue;
            }
            Kind::Table => {}
        }
        match source::open(&file.path, &file.name) {
            Ok(found) => {
                for table in found.sources {
                    match table.map_err(|why| why.to_string()).and_then(|table| with(&knowledge, &table)) {
                        Ok(more) => knowledge = more,
                        Err(why) => said.push(why),
                    }
                }
            }
            Err(why) => said.push(why.to_string()),
        }
    }
    (knowledge, said)
}

/// What a file is, by its name.
enum Kind {
    Table,
    Spreadsheet,
    Other,
}

fn kind(name: &str) -> Kind {
    let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
    match ending.as_deref() {
        Some("tsv" | "txt") => Kind::Table,
        Some("csv" | "xls" | "xlsx" | "ods") => Kind::Spreadsheet,
        _ => Kind::Other,
    }
}

fn with(knowledge: &Knowledge, table: &source::Source) -> Result<Knowledge, String> {
    knowledge
        .clone()
        .with_user_tables(&to_text(table.all()))
        .map_err(|why| format!("{}: {why}; nothing of this table is used until the line is put right", table.name()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_folder_there_are_only_the_built_in_tables() {
        let (knowledge, said) = read_own(Path::new("no such folder"));
        assert!(said.is_empty());
        assert_eq!(knowledge.codes().count(), Knowledge::built_in().codes().count());
    }

    #[test]
    fn what_the_user_says_of_anything_is_marked_as_such() {
        let text = "hresult\tmeaning\n0x8009030C\tOurs.\nname\tgloss\nVia\tOurs.\nstatus\tprotocol\tgloss\n403\tsip\tOurs.\n\
                    first\tlast\tcomponent\n61000\t61999\tour robots\n";
        let knowledge = Knowledge::built_in().clone().with_user_tables(text).expect("tables");
        assert!(knowledge.hresult(0x8009_030C).is_some_and(|own| own.is_own && own.meaning == "Ours."));
        assert!(knowledge.header("via").is_some_and(|own| own.is_own && own.gloss == "Ours."));
        assert!(knowledge.hresult(0x80EF_0193).is_some_and(|own| own.is_own && own.meaning.ends_with("Ours.")));
        assert!(knowledge.explain_code(61007, None).is_own());
    }
}
