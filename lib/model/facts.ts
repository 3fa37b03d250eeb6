/** What a host is: a closed, documented list, read in the same frame as everything else. */

/** The facts of a host. Of a host that was not read yet every one is Unknown. */
export interface Facts {
  readonly os: {
    /** `debian`, `ubuntu`, `alpine`: ID of /etc/os-release. */
    readonly id: string;
    /** `12`: VERSION_ID, empty where there is none. */
    readonly version: string;
    /** `bookworm`: VERSION_CODENAME, empty where there is none. */
    readonly codename: string;
    /** Like `debian` for Ubuntu: the first word of ID_LIKE, else the id. */
    readonly family: string;
  };
  /** `x86_64`, `aarch64`: uname -m. */
  readonly arch: string;
  /** `6.1.0-25-amd64`: uname -r. */
  readonly kernel: string;
  readonly hostname: string;
  /** `systemd`, `openrc`, `sysv` or `other`. */
  readonly init: string;
  /** `apt`, `dnf`, `apk`, `pacman`, `zypper` or empty. */
  readonly package_manager: string;
  /** `kvm`, `systemd-nspawn`, `none`: systemd-detect-virt, empty where nobody can tell. */
  readonly virtualization: string;
  /** Global addresses without prefix length, IPv4 first. */
  readonly addresses: readonly string[];
  /** Interface names, sorted. */
  readonly interfaces: readonly string[];
  /** The interface that holds the default route; empty without one. */
  readonly default_interface: string;
  readonly cpus: number;
  /** Total memory in MiB. */
  readonly memory_mb: number;
  readonly machine_id: string;
  /** Version of pve-manager (`8.4.1`), empty on hosts without Proxmox. */
  readonly proxmox: string;
}
