//! The machine, and what was measured on it.

use std::fmt;
use std::fs;

/// Cores and load, in words.
pub fn describe() -> String {
    let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load: Vec<&str> = load.split(' ').take(3).collect();
    let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or_default();
    let model = model.trim_start_matches([' ', '\t', ':']);
    format!("{cores} cores ({model}), load {}", load.join(" "))
}

/// Several measurements of one thing.
#[derive(Debug, Clone, Copy)]
pub struct Spread {
    pub median: f64,
    least: f64,
    most: f64,
}

/// The median of some measurements.
pub fn spread(mut values: Vec<f64>) -> Spread {
    values.sort_by(f64::total_cmp);
    Spread {
        median: values.get(values.len() / 2).copied().unwrap_or(f64::NAN),
        least: values.first().copied().unwrap_or(f64::NAN),
        most: values.last().copied().unwrap_or(f64::NAN),
    }
}

impl fmt::Display for Spread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = if self.median < 10.0 { 2 } else { 0 };
        write!(f, "{:>8.digits$} ({:.digits$}–{:.digits$})", self.median, self.least, self.most)
    }
}

/// Milliseconds of CPU that a process (or `self`) has used so far, its threads included.
pub fn cpu_ms(process: &str) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
    // the name, in parentheses, may hold spaces
    let (_, rest) = stat.rsplit_once(')').unwrap();
    let ticks = |at: usize| rest.split_whitespace().nth(at).and_then(|text| text.parse::<f64>().ok()).unwrap();
    // utime and stime in clock ticks, of which Linux reports 100 a second
    (ticks(11) + ticks(12)) * 10.0
}

/// Resident memory of a process in MiB.
pub fn memory_mib(process: &str) -> f64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    let kib: f64 = line.trim().trim_end_matches("kB").trim().parse().unwrap();
    kib / 1_024.0
}
