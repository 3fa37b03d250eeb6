/** How many handshakes may run at once against one address: sshd drops what exceeds its MaxStartups. */

export interface Slot {
  /** Gives the place back; `dropped` says that the server shed load, which halves what we ask of it. */
  release(dropped?: boolean): void;
}

export interface Limiter {
  acquire(address: string): Promise<Slot>;
}

interface Gate {
  limit: number;
  active: number;
  readonly waiting: (() => void)[];
}

const START = 8;

export function handshakeLimiter(start: number = START): Limiter {
  const gates = new Map<string, Gate>();
  return {
    async acquire(address) {
      const gate = gates.get(address) ?? { limit: start, active: 0, waiting: [] };
      gates.set(address, gate);
      if (gate.active >= gate.limit) await new Promise<void>((resolve) => gate.waiting.push(resolve));
      else gate.active += 1;
      return slot(gate);
    },
  };
}

/** A place that is handed on to the one who waits longest stays counted; else it is given up. */
function slot(gate: Gate): Slot {
  let held = true;
  return {
    release(dropped = false) {
      if (!held) return;
      held = false;
      if (dropped) gate.limit = Math.max(1, Math.floor(gate.limit / 2));
      const next = gate.active <= gate.limit ? gate.waiting.shift() : undefined;
      if (next) next();
      else gate.active -= 1;
    },
  };
}
