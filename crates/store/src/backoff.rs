//! How long a job waits before its next attempt.

use std::time::Duration;

use domain::JobId;

/// How many failures end a job.
pub const FAILURE_BUDGET: u32 = 5;

const FIRST: Duration = Duration::from_secs(10);
const LONGEST: Duration = Duration::from_hours(1);

/// The delay after this many tries: 10 s doubling up to an hour, times something between 0.5 and 1.5 that depends on
/// the job, so that jobs that failed together do not come back together.
#[must_use]
pub fn backoff(job: JobId, tries: u32) -> Duration {
    let seed = job.as_uuid().as_u128() ^ u128::from(tries);
    // FNV-1a: ids made in the same millisecond differ only at their end.
    let hash = seed
        .to_le_bytes()
        .into_iter()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
    let chance = (hash >> 32) as f64 / f64::from(u32::MAX);
    domain::backoff(FIRST, LONGEST, tries, chance)
}

#[cfg(test)]
mod tests {
    use domain::Timestamp;

    use super::*;

    fn job(random: u8) -> JobId {
        JobId::new(Timestamp::from_millis(1_700_000_000_000), [random; 10])
    }

    #[test]
    fn delays_double_up_to_an_hour_and_stay_within_their_bounds() {
        for random in 0..=255 {
            for (tries, seconds) in [
                (1, 10),
                (2, 20),
                (3, 40),
                (4, 80),
                (9, 2560),
                (10, 3600),
                (33, 3600),
                (u32::MAX, 3600),
            ] {
                let delay = backoff(job(random), tries);
                let middle = Duration::from_secs(seconds);
                assert!(delay >= middle / 2 && delay <= middle * 3 / 2, "{tries}: {delay:?}");
            }
        }
    }

    #[test]
    fn jobs_that_fail_together_come_back_apart() {
        let delays: Vec<_> = (0..=255).map(|random| backoff(job(random), 1)).collect();
        let quarters = [5.0, 7.5, 10.0, 12.5].map(|from| {
            let within = |delay: &&Duration| (from..from + 2.5).contains(&delay.as_secs_f64());
            delays.iter().filter(within).count()
        });
        assert!(quarters.iter().all(|count| *count > 32), "{quarters:?}");
        assert_eq!(backoff(job(7), 3), backoff(job(7), 3));
    }
}
