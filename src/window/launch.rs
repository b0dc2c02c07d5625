//! Opens the window, or says in one sentence why none can be opened and what would help.

use super::Window;
use crate::app::FOLDER_NAME;
use crate::cli::{Input, Renderer};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};

/// Runs the window until it is closed.
///
/// # Errors
/// Where no window can be opened: one sentence with what to do.
pub fn run(input: Input, renderer: Renderer) -> Result<(), String> {
    if !has_display() {
        return Err("no window: there is no display (neither DISPLAY nor WAYLAND_DISPLAY is set)".to_owned());
    }
    let input = Arc::new(Mutex::new(Some(input)));
    let mut failures = Vec::new();
    for &renderer in renderers(renderer) {
        match run_with(renderer, &input) {
            Ok(()) => return Ok(()),
            Err(reason) => failures.push(reason),
        }
    }
    Err(explain(&failures.join("; ")))
}

/// True where a window system can be asked for at all.
fn has_display() -> bool {
    let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    !cfg!(target_os = "linux") || is_set("DISPLAY") || is_set("WAYLAND_DISPLAY") || is_set("WAYLAND_SOCKET")
}

/// Which renderers to try, in order. Over a remote desktop Windows offers no usable OpenGL, so Direct3D
/// comes first there.
#[cfg(windows)]
fn renderers(wanted: Renderer) -> &'static [eframe::Renderer] {
    match wanted {
        Renderer::Auto => &[eframe::Renderer::Wgpu, eframe::Renderer::Glow],
        Renderer::Wgpu => &[eframe::Renderer::Wgpu],
        Renderer::Glow => &[eframe::Renderer::Glow],
    }
}

#[cfg(not(windows))]
fn renderers(_: Renderer) -> &'static [eframe::Renderer] {
    &[eframe::Renderer::Glow]
}

/// One try. The window system's libraries are loaded while it starts, and some of them panic where they
/// are missing; that is an error like any other here.
fn run_with(renderer: eframe::Renderer, input: &Arc<Mutex<Option<Input>>>) -> Result<(), String> {
    let options = eframe::NativeOptions {
        viewport: egui::ViewportBuilder::default()
            .with_app_id(FOLDER_NAME)
            .with_title("Uccello")
            .with_inner_size([1280.0, 800.0])
            .with_min_inner_size([800.0, 520.0])
            .with_drag_and_drop(true),
        renderer,
        ..Default::default()
    };
    let started = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let create: eframe::AppCreator<'_> = {
        let (input, started) = (Arc::clone(input), Arc::clone(&started));
        Box::new(move |context| {
            started.store(true, std::sync::atomic::Ordering::Release);
            let input = input.lock().unwrap_or_else(PoisonError::into_inner).take();
            Ok(Box::new(Window::new(context, input)))
        })
    };
    let hook = std::panic::take_hook();
    let quiet = Arc::clone(&started);
    // Before the window stands, a panic is an answer that we put into words ourselves.
    std::panic::set_hook(Box::new(move |info| {
        if quiet.load(std::sync::atomic::Ordering::Acquire) {
            eprintln!("{info}");
        }
    }));
    let outcome = catch_unwind(AssertUnwindSafe(|| eframe::run_native("Uccello", options, create)));
    std::panic::set_hook(hook);
    match outcome {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(error.to_string()),
        Err(panic) => Err(panic_text(&*panic)),
    }
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    text.or_else(|| panic.downcast_ref::<&str>().map(|&text| text.to_owned()))
        .unwrap_or_else(|| "it stopped while starting".to_owned())
}

/// Libraries that a window needs on Linux, with the Debian packages that bring them.
const LIBRARIES: [(&str, &str); 9] = [
    ("libX11-xcb.so.1", "libx11-xcb1"),
    ("libX11.so.6", "libx11-6"),
    ("libXcursor.so.1", "libxcursor1"),
    ("libXi.so.6", "libxi6"),
    ("libXrandr.so.2", "libxrandr2"),
    ("libxkbcommon-x11.so.0", "libxkbcommon-x11-0"),
    ("libxkbcommon.so.0", "libxkbcommon0"),
    ("libEGL.so.1", "libegl1"),
    ("libGL.so.1", "libgl1"),
];

/// One sentence: why no window came, and which packages would help.
fn explain(reason: &str) -> String {
    let reason = reason.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ");
    let missing: Vec<&str> = if cfg!(target_os = "linux") {
        missing_libraries(LIBRARY_FOLDERS).into_iter().map(|(_, package)| package).collect()
    } else {
        vec![]
    };
    if missing.is_empty() {
        // What went wrong stands last, after where in the window system's code it did.
        let cause = reason.rsplit(": ").next().unwrap_or(&reason).trim_end_matches('.');
        return format!("no window: {cause}");
    }
    let libraries: Vec<&str> =
        LIBRARIES.iter().filter(|(_, package)| missing.contains(package)).map(|(library, _)| *library).collect();
    format!(
        "no window: this system lacks {}; on Debian, install them with: apt install {}",
        libraries.join(", "),
        missing.join(" ")
    )
}

const LIBRARY_FOLDERS: &[&str] = &[
    "/usr/lib/x86_64-linux-gnu",
    "/usr/lib/aarch64-linux-gnu",
    "/lib/x86_64-linux-gnu",
    "/lib/aarch64-linux-gnu",
    "/usr/lib64",
    "/lib64",
    "/usr/lib",
    "/lib",
    "/usr/local/lib",
];

fn missing_libraries(folders: &[&str]) -> Vec<(&'static str, &'static str)> {
    let more = std::env::var("LD_LIBRARY_PATH").unwrap_or_default();
    let folders: Vec<&str> =
        folders.iter().copied().chain(more.split(':').filter(|folder| !folder.is_empty())).collect();
    let is_there = |library: &str| folders.iter().any(|folder| std::path::Path::new(folder).join(library).exists());
    LIBRARIES.into_iter().filter(|(library, _)| !is_there(library)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_system_without_libraries_is_told_which_packages_bring_them() {
        let packages: Vec<_> = missing_libraries(&[]).into_iter().map(|(_, package)| package).collect();
        assert!(packages.contains(&"libxkbcommon-x11-0"), "{packages:?}");
        assert!(packages.contains(&"libgl1"), "{packages:?}");
    }
}
