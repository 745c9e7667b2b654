//! The chore that a mistyped name most likely stands for.

/// The known name that `name` stands for: the only one that ends in `.name`, since who types it
/// may leave the package out, else the one with the fewest differing letters.
pub(super) fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let known: Vec<&str> = known.collect();
    let ending = format!(".{}", name.to_lowercase());
    let mut endings = known
        .iter()
        .filter(|near| near.to_lowercase().ends_with(&ending));
    match (endings.next(), endings.next()) {
        (Some(only), None) => Some(only),
        _ => crate::nearest::nearest(name, known),
    }
}

/// What to do about an unknown `name`, as the end of an error text.
pub(super) fn hint<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> String {
    match nearest(name, known) {
        Some(near) => format!("did you mean {near}?"),
        None => "`plain chores list` shows all names".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: [&str; 3] = [
        "plain.sessions.chores.ClearExpired",
        "app.chores.SendReminders",
        "shop.chores.SendReminders",
    ];

    #[test]
    fn a_name_without_its_package_or_with_slips_finds_the_known_one() {
        for (name, near) in [
            ("ClearExpired", Some(KNOWN[0])),
            ("clearexpired", Some(KNOWN[0])),
            ("plain.sessions.chores.ClearExpried", Some(KNOWN[0])),
            ("plain.session.ClearExpired", Some(KNOWN[0])),
            ("SendReminders", None),
            ("app.chores.SendReminder", Some(KNOWN[1])),
            ("backup", None),
            ("", None),
        ] {
            assert_eq!(nearest(name, KNOWN.into_iter()), near, "{name}");
        }
    }
}
