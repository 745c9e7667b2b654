//! What axe-core finds wrong with pages, wide and narrow, light and dark.

use plain_tests::browser::{Axe, Browser, LOOKS, Shop, Stage};

use crate::errors::break_shelves;
use crate::pages::{PAGES, regular};

pub(crate) async fn no_page_has_a_serious_finding(stage: &Stage) {
    let shop = Shop::open();
    let visitor = regular(stage, &shop).await;
    assert_accessible(&visitor, &PAGES).await;
}

pub(crate) async fn no_error_page_has_a_serious_finding(stage: &Stage) {
    stage.expect_complaint("status of 500");
    for shop in [Shop::open(), Shop::open_to_strangers()] {
        break_shelves(&shop).await;
        let visitor = stage.visitor(&shop).await;
        assert_accessible(&visitor, &["/"]).await;
    }
}

async fn assert_accessible(visitor: &Browser, pages: &[&str]) {
    let axe = Axe::read().unwrap();
    for (window, scheme) in LOOKS {
        visitor.resize(window).await;
        visitor.prefer(scheme).await;
        for page in pages {
            visitor.open(page).await;
            let found: Vec<_> = axe
                .findings(visitor)
                .await
                .iter()
                .map(ToString::to_string)
                .collect();
            assert!(
                found.is_empty(),
                "{page}, {} pixels wide, {}:\n{}",
                window.name(),
                scheme.name(),
                found.join("\n")
            );
        }
    }
}
