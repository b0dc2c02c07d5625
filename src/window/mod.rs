//! The window: panels as functions of plain data. No file, no thread, no lock is reached from here.

pub mod highlight;
pub mod rows;
pub mod theme;
pub mod timeline;
