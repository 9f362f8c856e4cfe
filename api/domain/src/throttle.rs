//! How failed authentications make the next one wait.

use chrono::TimeDelta;

/// The delays after failures: none at first, then one that doubles up to a longest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ladder {
    /// Failures that make nobody wait.
    pub free: i32,
    /// The first delay.
    pub first: TimeDelta,
    /// The longest.
    pub longest: TimeDelta,
}

impl Ladder {
    /// How long the next one waits after so many failures.
    #[must_use]
    pub fn delay(&self, failures: i32) -> Option<TimeDelta> {
        let step = u32::try_from(failures.checked_sub(self.free)?).ok()?.min(30);
        let factor = 1_i32.checked_shl(step).filter(|factor| *factor > 0).unwrap_or(i32::MAX);
        Some(self.first.checked_mul(factor).map_or(self.longest, |delay| delay.min(self.longest)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LADDER: Ladder = Ladder { free: 5, first: TimeDelta::seconds(30), longest: TimeDelta::hours(1) };

    #[test]
    fn delays_double_from_half_a_minute_to_an_hour() {
        let delays: Vec<_> = (0..15).map(|failures| LADDER.delay(failures).map(|delay| delay.num_seconds())).collect();
        assert_eq!(delays.get(..5), Some(&[None; 5][..]));
        let waits: Vec<_> = delays.into_iter().flatten().collect();
        assert_eq!(waits, [30, 60, 120, 240, 480, 960, 1920, 3600, 3600, 3600]);
    }

    #[test]
    fn a_hundred_guesses_take_days() {
        let all: TimeDelta = (0..100).filter_map(|failures| LADDER.delay(failures)).sum();
        assert!(all > TimeDelta::days(3), "{all}");
        for failures in [i32::MIN, -1, 31, 1_000, i32::MAX] {
            assert!(LADDER.delay(failures).is_none_or(|delay| delay <= LADDER.longest));
        }
    }
}
