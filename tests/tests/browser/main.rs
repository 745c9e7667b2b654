//! The example shop in a real browser, Chromium.
//!
//! Where there is none, each test is reported as ignored, with the reason and what to do; with
//! `CI=true` they fail.

#![allow(
    clippy::unwrap_used,
    reason = "a helper that fails is to fail its test, where it was called"
)]
#![allow(
    clippy::print_stderr,
    reason = "what did not run is said where the results are"
)]

mod accessibility;
mod accounts;
mod doors;
mod errors;
mod keyboard;
mod looks;
mod office;
mod orders;
mod pages;
mod products;
mod safety;
mod session_admin;
mod story;
mod tabs;

use std::process::ExitCode;
use std::sync::Arc;

use libtest_mimic::{Arguments, Trial};
use plain_tests::browser::{Axe, Driver, Stage, Test, build_shop};

/// What a test needs besides a browser.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Needs {
    Nothing,
    Axe,
    /// That pictures were asked for.
    Folder,
    /// That those of the guide were.
    Guide,
}

macro_rules! tests {
    ($($needs:ident: $module:ident { $($name:ident),* $(,)? })*) => {
        vec![$($((
            concat!(stringify!($module), "::", stringify!($name)),
            Needs::$needs,
            (|stage| Box::pin($module::$name(stage))) as Test,
        ),)*)*]
    };
}

/// All tests. One that is missing here is found by the compiler, as never used.
fn tests() -> Vec<(&'static str, Needs, Test)> {
    tests! {
        Nothing: story {
            a_visitor_fills_a_cart_and_finds_it_again_after_a_restart,
            a_visitor_without_scripts_does_all_the_same,
            a_visitor_comes_back_to_a_shop_without_debug,
        }
        Nothing: orders {
            an_order_is_placed_after_what_was_wrong_with_it_is_mended,
            an_empty_cart_is_not_ordered,
        }
        Nothing: tabs {
            two_tabs_of_one_visitor_lose_nothing,
            requests_at_once_from_two_tabs_lose_nothing,
            a_tab_that_stayed_open_begins_anew_when_the_session_was_ended_in_another,
        }
        Nothing: keyboard {
            all_of_the_story_is_done_by_the_keyboard,
            one_skips_to_the_content,
        }
        Nothing: errors {
            a_page_that_is_not_there_says_so,
            a_failure_shows_a_page_of_its_own_and_nothing_inner,
            a_failure_in_development_shows_what_happened,
        }
        Nothing: safety {
            html_that_a_visitor_wrote_never_runs,
            a_page_of_another_site_cannot_change_the_cart,
            scripts_cannot_read_the_session_key,
            html_never_runs_in_the_admin,
        }
        Nothing: session_admin {
            an_admin_finds_a_session_looks_into_it_and_ends_it,
            an_admin_without_scripts_does_the_same,
            an_admin_with_a_phone_does_the_same,
            several_sessions_or_all_that_match_are_ended,
            several_sessions_or_all_that_match_are_ended_without_scripts,
            sessions_are_sorted_and_filtered,
            all_of_it_is_done_by_the_keyboard,
        }
        Nothing: products {
            a_product_is_made_changed_and_deleted,
            a_product_is_made_changed_and_deleted_on_a_phone_without_scripts,
            what_was_deleted_meanwhile_is_told,
        }
        Nothing: doors {
            strangers_are_asked_who_they_are,
            customers_are_told_that_it_is_not_for_them,
            a_deactivated_admin_is_out_at_once,
            an_admin_whose_session_was_ended_is_out_at_once,
            after_signing_out_the_way_back_shows_nothing,
            signing_in_leads_to_no_other_site,
        }
        Nothing: accounts {
            a_cart_survives_signing_up_and_signing_in,
            an_order_is_found_again_from_another_browser,
            an_admin_is_made_at_a_terminal_that_never_shows_the_password,
            a_new_password_ends_the_other_sessions,
            signing_out_everywhere_ends_all,
            a_link_in_a_mail_sets_a_new_password_once,
        }
        Nothing: looks {
            pages_fit_into_the_narrowest_window,
            pages_of_the_admin_fit_into_the_narrowest_window,
            pages_are_dark_for_who_prefers_it,
        }
        Axe: accessibility {
            no_page_has_a_serious_finding,
            no_page_of_the_admin_has_a_serious_finding,
            no_form_with_errors_has_a_serious_finding,
            no_error_page_has_a_serious_finding,
        }
        Folder: looks { pictures }
        Guide: looks { pictures_of_the_guide }
    }
}

/// Why the tests that need this do not run.
fn obstacle(needs: Needs, driver: &Result<Arc<Driver>, String>) -> Option<String> {
    match (driver, needs) {
        (Err(missing), _) => Some(missing.clone()),
        (Ok(_), Needs::Axe) => Axe::read().err(),
        (Ok(_), Needs::Folder | Needs::Guide | Needs::Nothing) => None,
    }
}

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let driver = match arguments.list {
        true => Err("the tests are only listed".to_owned()),
        false => Driver::start().map(Arc::new),
    };
    if driver.is_ok() {
        build_shop();
    }
    let must_run = std::env::var("CI").is_ok_and(|value| value == "true");
    let mut obstacles = Vec::new();
    let mut trials = Vec::new();
    for (name, needs, test) in tests() {
        let asked = match needs {
            Needs::Folder => std::env::var_os(looks::FOLDER).is_some(),
            Needs::Guide => std::env::var_os(looks::GUIDE).is_some(),
            Needs::Nothing | Needs::Axe => true,
        };
        if !asked {
            continue;
        }
        let obstacle = obstacle(needs, &driver);
        if let Some(obstacle) = &obstacle
            && !obstacles.contains(obstacle)
        {
            obstacles.push(obstacle.clone());
        }
        trials.push(trial(name, test, driver.clone().ok(), obstacle, must_run));
    }
    let conclusion = libtest_mimic::run(&arguments, trials);
    if !arguments.list {
        for obstacle in obstacles {
            eprintln!("Browser tests did not run: {obstacle}.\n");
        }
    }
    drop(driver);
    match conclusion.has_failed() {
        true => ExitCode::from(101),
        false => ExitCode::SUCCESS,
    }
}

fn trial(
    name: &'static str,
    test: Test,
    driver: Option<Arc<Driver>>,
    obstacle: Option<String>,
    must_run: bool,
) -> Trial {
    let ignored = obstacle.is_some() && !must_run;
    let trial = Trial::test(name, move || match (obstacle, driver) {
        (None, Some(driver)) => Ok(Stage::run(driver, name, test)?),
        (obstacle, _) => Err(obstacle.unwrap_or_default().into()),
    });
    trial.with_ignored_flag(ignored)
}
