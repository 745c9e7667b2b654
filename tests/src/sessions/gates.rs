//! Places in a request where it waits until the test lets it go on.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use tokio::sync::Semaphore;

/// Gates by name.
#[derive(Clone, Debug, Default)]
pub struct Gates(Arc<Mutex<HashMap<String, Arc<Gate>>>>);

#[derive(Debug)]
struct Gate {
    arrived: Semaphore,
    open: Semaphore,
}

impl Gates {
    /// Waits, as a request, until the test opens the gate `name`.
    pub async fn pass(&self, name: &str) {
        let gate = self.gate(name);
        gate.arrived.add_permits(1);
        gate.open.acquire().await.unwrap().forget();
    }

    /// Waits, as a test, until a request stands at the gate `name`.
    pub async fn arrived(&self, name: &str) {
        self.gate(name).arrived.acquire().await.unwrap().forget();
    }

    /// Lets one request pass the gate `name`, now or when it gets there.
    pub fn open(&self, name: &str) {
        self.gate(name).open.add_permits(1);
    }

    fn gate(&self, name: &str) -> Arc<Gate> {
        let mut gates = self.0.lock().unwrap();
        let gate = gates.entry(name.to_owned()).or_insert_with(|| {
            Arc::new(Gate {
                arrived: Semaphore::new(0),
                open: Semaphore::new(0),
            })
        });
        Arc::clone(gate)
    }
}
