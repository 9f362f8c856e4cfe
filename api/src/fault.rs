//! Failures planted at commit points, for the crash tests. Without the feature `fault-injection` every
//! call is empty.

use sea_orm::DbErr;

/// Fails before or after the nth commit, once.
#[derive(Debug, Default)]
pub struct FaultPlan {
    #[cfg(feature = "fault-injection")]
    plan: std::sync::Mutex<Plan>,
}

#[cfg(feature = "fault-injection")]
#[derive(Debug, Default)]
struct Plan {
    /// Commit points still to pass; 0 fails. `None` is disarmed.
    countdown: Option<u32>,
    fired: bool,
}

impl FaultPlan {
    /// Fails at the nth commit point from now: point 2k is before the commit k, point 2k + 1 after it.
    #[cfg(feature = "fault-injection")]
    pub fn arm(&self, nth: u32) {
        let mut plan = self.plan.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        *plan = Plan { countdown: Some(nth), fired: false };
    }

    /// Disarms; whether the failure happened.
    #[cfg(feature = "fault-injection")]
    pub fn disarm(&self) -> bool {
        let mut plan = self.plan.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        plan.countdown = None;
        plan.fired
    }

    #[cfg(feature = "fault-injection")]
    fn point(&self) -> Result<(), DbErr> {
        let mut plan = self.plan.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        match plan.countdown {
            None => Ok(()),
            // a process that crashed does nothing more: everything fails until disarmed
            Some(0) => {
                plan.fired = true;
                Err(DbErr::Custom("planted crash".to_owned()))
            }
            Some(left) => {
                plan.countdown = Some(left - 1);
                Ok(())
            }
        }
    }

    #[cfg(not(feature = "fault-injection"))]
    #[expect(clippy::unused_self, clippy::unnecessary_wraps, reason = "empty outside the crash tests")]
    const fn point(&self) -> Result<(), DbErr> {
        Ok(())
    }

    /// The point just before a commit.
    ///
    /// # Errors
    /// The planted one.
    pub fn before_commit(&self) -> Result<(), DbErr> {
        self.point()
    }

    /// The point just after a commit.
    ///
    /// # Errors
    /// The planted one.
    pub fn after_commit(&self) -> Result<(), DbErr> {
        self.point()
    }
}
