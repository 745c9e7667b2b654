//! A new version without a failed request, as the guide says.

use crate::load::Load;
use crate::nginx::Deployment;

pub(crate) fn both_instances_are_replaced_under_load_without_a_failed_request() {
    let mut deployment = Deployment::new();
    // An unprivileged user, who owns the folder of the database.
    deployment.project.bind_by_permissions();
    let mut instances = [Some(deployment.start(0)), Some(deployment.start(1))];
    let get = || deployment.curl("/who?[1-1000000]");
    let post = || {
        let mut curl = deployment.curl("/visits?[1-1000000]");
        curl.args(["--data", ""]);
        curl
    };
    let load = Load::start([get(), post(), get(), post()]);
    load.wait_for_more(200);
    for instance in [0, 1, 0, 1] {
        deployment.take_out(Some(instance));
        if let Some(old) = instances[instance].take() {
            old.stop().expect(0);
        }
        // The other one answers alone.
        load.wait_for_more(200);
        instances[instance] = Some(deployment.start(instance));
        deployment.take_out(None);
        load.wait_for_more(200);
    }
    let answers = load.stop();
    assert_eq!(answers.keys().collect::<Vec<_>>(), ["200"], "{answers:?}");
}
