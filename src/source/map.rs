//! The memory map, and the only `unsafe` of the program.
//!
//! A map has one danger: where somebody cuts the file, reading past the new end raises SIGBUS and ends
//! the process. Looking at the length first only narrows the window. So on Unix a handler puts zero
//! pages where the lost ones were and marks the map as cut; the reader goes on and is told afterwards.
//! Windows refuses to cut a mapped file, so there is nothing to guard; logs that may still be written are not mapped
//! there, see [`super::open`].

#![expect(unsafe_code, reason = "mapping a file is unsafe by nature; everything around it is in this file")]

use std::fs::File;

/// A read-only map of a whole file.
#[derive(Debug)]
pub struct Map {
    /// Dropped before the map: what is mapped at the same place next must not be taken for this one.
    #[cfg(unix)]
    guard: guard::Guard,
    map: memmap2::Mmap,
}

impl Map {
    /// Maps a file; `None` where it is empty, which no system can map.
    pub fn of(file: &File) -> std::io::Result<Option<Self>> {
        if file.metadata()?.len() == 0 {
            return Ok(None);
        }
        // SAFETY: the map is only read. Other programs may change the file while we read it: no reference
        // into it is trusted to stay equal, all readers accept any bytes, and a cut is caught by the guard.
        let map = unsafe { memmap2::Mmap::map(file)? };
        #[cfg(unix)]
        let guard = guard::Guard::new(&map)?;
        Ok(Some(Self {
            #[cfg(unix)]
            guard,
            map,
        }))
    }

    pub fn bytes(&self) -> &[u8] {
        &self.map
    }

    /// Maps a range of pages at once, which costs less than a fault for each few of them. Only a hint.
    #[cfg(target_os = "linux")]
    pub fn prepare(&self, range: std::ops::Range<usize>) {
        let length = range.end.min(self.map.len()).saturating_sub(range.start);
        // Older kernels do not know this advice; then pages come one fault at a time, as ever.
        let _ = self.map.advise_range(memmap2::Advice::PopulateRead, range.start, length);
    }

    #[cfg(not(target_os = "linux"))]
    #[expect(clippy::unused_self, reason = "the same signature on all systems")]
    pub fn prepare(&self, _: std::ops::Range<usize>) {}

    #[cfg(unix)]
    pub fn is_cut(&self) -> bool {
        self.guard.is_cut()
    }

    #[cfg(not(unix))]
    #[expect(clippy::unused_self, reason = "the same signature on all systems")]
    pub fn is_cut(&self) -> bool {
        false
    }
}

#[cfg(unix)]
mod guard {
    use std::ptr;
    use std::sync::Once;
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

    /// How many files can be mapped at once.
    const MAX_MAPS: usize = 4096;

    struct Region {
        start: AtomicUsize,
        end: AtomicUsize,
        cut: AtomicBool,
    }

    static REGIONS: [Region; MAX_MAPS] =
        [const { Region { start: AtomicUsize::new(0), end: AtomicUsize::new(0), cut: AtomicBool::new(false) } };
            MAX_MAPS];
    static PAGE: AtomicUsize = AtomicUsize::new(4096);
    static INSTALL: Once = Once::new();

    /// While it lives, a lost page of the map reads as zeros.
    #[derive(Debug)]
    pub struct Guard {
        slot: usize,
    }

    impl Guard {
        pub fn new(map: &[u8]) -> std::io::Result<Self> {
            INSTALL.call_once(install);
            let start = map.as_ptr() as usize;
            for (slot, region) in REGIONS.iter().enumerate() {
                if region.start.compare_exchange(0, start, Ordering::AcqRel, Ordering::Relaxed).is_ok() {
                    region.cut.store(false, Ordering::Release);
                    region.end.store(start + map.len(), Ordering::Release);
                    return Ok(Self { slot });
                }
            }
            Err(std::io::Error::other(format!("more than {MAX_MAPS} files are open at once")))
        }

        pub fn is_cut(&self) -> bool {
            REGIONS.get(self.slot).is_some_and(|region| region.cut.load(Ordering::Acquire))
        }
    }

    impl Drop for Guard {
        fn drop(&mut self) {
            if let Some(region) = REGIONS.get(self.slot) {
                region.end.store(0, Ordering::Release);
                region.start.store(0, Ordering::Release);
            }
        }
    }

    fn install() {
        // SAFETY: plain calls with valid pointers; the handler is async-signal-safe, see below.
        unsafe {
            if let Ok(page) = usize::try_from(libc::sysconf(libc::_SC_PAGESIZE)) {
                PAGE.store(page, Ordering::Release);
            }
            let mut action: libc::sigaction = std::mem::zeroed();
            action.sa_sigaction = on_bus_error as *const () as usize;
            action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
            libc::sigemptyset(&raw mut action.sa_mask);
            libc::sigaction(libc::SIGBUS, &raw const action, ptr::null_mut());
        }
    }

    /// Touches atomics and calls `mmap`, nothing else: no allocation, no lock.
    extern "C" fn on_bus_error(_signal: libc::c_int, info: *mut libc::siginfo_t, _context: *mut libc::c_void) {
        // SAFETY: the kernel gives a valid `info`; `MAP_FIXED` replaces only pages inside a live map of ours.
        unsafe {
            let address = (*info).si_addr() as usize;
            for region in &REGIONS {
                let (start, end) = (region.start.load(Ordering::Acquire), region.end.load(Ordering::Acquire));
                if start == 0 || address < start || address >= end {
                    continue;
                }
                let page = address & !(PAGE.load(Ordering::Acquire) - 1);
                let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_FIXED;
                let zeros = libc::mmap(page as *mut libc::c_void, end - page, libc::PROT_READ, flags, -1, 0);
                if zeros != libc::MAP_FAILED {
                    region.cut.store(true, Ordering::Release);
                    return;
                }
            }
            // Not ours: the default action on the next try, as if we were not here.
            libc::signal(libc::SIGBUS, libc::SIG_DFL);
        }
    }
}
