//! stub
pub struct Bucket {
    pub total: u32,
    pub challenges: u32,
    pub failures: u32,
}
pub struct TimelineView<'a> {
    pub span: (i64, i64),
    pub buckets: &'a [Bucket],
    pub selected: Option<(i64, i64)>,
    pub cursor: Option<i64>,
    pub label: &'a dyn Fn(i64) -> String,
}
pub enum TimelineEvent {
    Selected(i64, i64),
    Cleared,
}
pub fn timeline_ui(ui: &mut egui::Ui, _v: &TimelineView<'_>) -> Option<TimelineEvent> {
    ui.label("timeline");
    None
}
