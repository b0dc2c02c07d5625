//! The form of the tables: lines of cells between tabs, after a line that names the columns.

use std::borrow::Cow;

/// Which table a row belongs to; its first column tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Table {
    Codes,
    Ranges,
    Hresults,
    Headers,
    Statuses,
}

impl Table {
    pub(super) const ALL: [Self; 5] = [Self::Codes, Self::Ranges, Self::Hresults, Self::Headers, Self::Statuses];

    /// The names of all columns; the first one makes the table known.
    pub(super) fn columns(self) -> &'static [&'static str] {
        match self {
            Self::Codes => &[
                "code",
                "reason",
                "status",
                "header",
                "component",
                "meaning",
                "causes",
                "checks",
                "kind",
                "sureness",
                "source",
            ],
            Self::Ranges => &["first", "last", "component", "kind", "sureness"],
            Self::Hresults => &["hresult", "name", "family", "meaning", "checks", "sureness"],
            Self::Headers => &["name", "where", "gloss", "sureness"],
            Self::Statuses => &["status", "protocol", "title", "gloss", "sureness"],
        }
    }

    fn of_first_column(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|table| table.columns().first() == Some(&name))
    }
}

/// A line of a table that cannot be read: where, what should stand there, and what does.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: expected {expected}, found \"{found}\"")]
pub struct TableError {
    /// From 1.
    pub line: usize,
    pub expected: String,
    pub found: String,
}

/// One line of a table.
#[derive(Debug)]
pub(super) struct Row<'a> {
    pub table: Table,
    /// From 1.
    line: usize,
    columns: &'a [&'static str],
    cells: Vec<Cow<'a, str>>,
}

impl Row<'_> {
    /// What stands in a cell; `None` where the cell is empty or the table does not have the column.
    pub(super) fn cell(&self, column: &str) -> Option<&str> {
        let at = self.columns.iter().position(|name| *name == column)?;
        self.cells.get(at).map(Cow::as_ref).filter(|cell| !cell.is_empty())
    }

    /// Overwrites a text where the cell is filled.
    pub(super) fn fill(&self, text: &mut String, column: &str) {
        if let Some(cell) = self.cell(column) {
            *text = cell.to_owned();
        }
    }

    /// Overwrites a list where the cell is filled.
    pub(super) fn fill_list(&self, list: &mut Vec<String>, column: &str, separator: &str) {
        if let Some(cell) = self.cell(column) {
            *list = cell.split(separator).map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect();
        }
    }

    /// Reads a cell that must be filled.
    pub(super) fn read<T>(
        &self,
        column: &str,
        expected: &str,
        read: impl Fn(&str) -> Option<T>,
    ) -> Result<T, TableError> {
        let cell = self.cell(column).unwrap_or_default();
        read(cell).ok_or_else(|| error(self.line, &format!("{expected} under {column}"), cell))
    }

    /// Reads a cell that may be empty.
    pub(super) fn read_if_filled<T>(
        &self,
        column: &str,
        expected: &str,
        read: impl Fn(&str) -> Option<T>,
    ) -> Result<Option<T>, TableError> {
        self.cell(column).map(|_| self.read(column, expected, read)).transpose()
    }
}

fn error(line: usize, expected: &str, found: &str) -> TableError {
    TableError { line, expected: expected.to_owned(), found: found.to_owned() }
}

/// Calls `take` with every row of all tables in a text.
pub(super) fn each_row(text: &str, mut take: impl FnMut(&Row<'_>) -> Result<(), TableError>) -> Result<(), TableError> {
    let mut current: Option<(Table, Vec<&'static str>)> = None;
    for (line, written) in (1..).zip(text.trim_start_matches('\u{FEFF}').lines()) {
        if written.trim().is_empty() || written.starts_with('#') {
            continue;
        }
        let cells: Vec<_> = written.split('\t').map(cell).collect();
        if let Some(table) = new_table(&cells, current.as_ref().map(|(table, _)| *table)) {
            current = Some((table, columns(table, &cells, line)?));
            continue;
        }
        let Some((table, columns)) = &current else {
            let firsts: Vec<_> = Table::ALL.iter().filter_map(|table| table.columns().first().copied()).collect();
            let found = cells.first().map_or("", Cow::as_ref);
            return Err(error(line, &format!("the names of columns, the first one of {}", firsts.join(", ")), found));
        };
        if let Some(more) = cells.get(columns.len()..).and_then(|more| more.iter().find(|cell| !cell.is_empty())) {
            return Err(error(line, &format!("no more than {} cells", columns.len()), more));
        }
        take(&Row { table: *table, line, columns, cells })?;
    }
    Ok(())
}

/// The table that this line begins. A header may have the name of a first column: then the cell after it
/// tells the two apart.
fn new_table(cells: &[Cow<'_, str>], current: Option<Table>) -> Option<Table> {
    let table = Table::of_first_column(cells.first()?)?;
    let second = cells.get(1).map_or("", Cow::as_ref);
    (current != Some(Table::Headers) || table.columns().contains(&second)).then_some(table)
}

fn columns(table: Table, cells: &[Cow<'_, str>], line: usize) -> Result<Vec<&'static str>, TableError> {
    let mut named: Vec<&'static str> = Vec::new();
    for cell in cells.iter().filter(|cell| !cell.is_empty()) {
        let column = table.columns().iter().find(|name| *name == cell);
        match column.filter(|name| !named.contains(name)) {
            Some(name) => named.push(name),
            None => return Err(error(line, &format!("each of {} at most once", table.columns().join(", ")), cell)),
        }
    }
    Ok(named)
}

/// A cell without the quotes that spreadsheets put around some.
fn cell(written: &str) -> Cow<'_, str> {
    let text = written.trim();
    match text.strip_prefix('"').and_then(|text| text.strip_suffix('"')) {
        Some(quoted) => Cow::Owned(quoted.replace("\"\"", "\"").trim().to_owned()),
        None => Cow::Borrowed(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str) -> Result<Vec<(Table, usize, Vec<String>)>, TableError> {
        let mut rows = Vec::new();
        each_row(text, |row| {
            let cells = row.table.columns().iter().map(|column| row.cell(column).unwrap_or("-").to_owned());
            rows.push((row.table, row.line, cells.filter(|cell| cell != "-").collect()));
            Ok(())
        })?;
        Ok(rows)
    }

    #[test]
    fn several_tables_may_stand_in_one_text() {
        let text = "\u{FEFF}# of our own\r\n\r\ncode\tmeaning\treason\t\r\n61007\t\"Said \"\"no\"\"\"\t\t\r\n\r\n\
                    name\tgloss\r\nstatus\tOf our own.\r\nhresult\tname\r\n0x1\tS_FALSE\r\n";
        let own = |cells: &[&str]| cells.iter().map(|cell| (*cell).to_owned()).collect::<Vec<_>>();
        let wanted = vec![
            (Table::Codes, 4, own(&["61007", "Said \"no\""])),
            (Table::Headers, 7, own(&["status", "Of our own."])),
            (Table::Hresults, 9, own(&["0x1", "S_FALSE"])),
        ];
        assert_eq!(rows(text), Ok(wanted));
    }

    #[test]
    fn an_error_names_the_line_and_what_was_expected() {
        let cases = [
            (
                "28032\tmeaning",
                "line 1: expected the names of columns, the first one of code, first, hresult, name, status, \
                 found \"28032\"",
            ),
            (
                "\nfirst\tmeaning\n",
                "line 2: expected each of first, last, component, kind, sureness at most once, found \"meaning\"",
            ),
            (
                "first\tlast\tlast\n",
                "line 1: expected each of first, last, component, kind, sureness at most once, found \"last\"",
            ),
            ("code\tmeaning\n1\tOne.\n\n2\tTwo.\tThree.\n", "line 4: expected no more than 2 cells, found \"Three.\""),
        ];
        for (text, wanted) in cases {
            assert_eq!(rows(text).expect_err(text).to_string(), wanted);
        }
    }
}
