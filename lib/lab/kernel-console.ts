/** Says something to a host's own kernel by the socket on which user-mode Linux takes commands. */
import { must } from './exec.ts';
import { UML_FOLDER } from './keeper-uml.ts';

/**
 * One datagram: magic number, version of the protocol, length, 512 bytes of text. Neither Node nor a shell can send one to
 * a socket in the file system; Debian always has this much of Perl. The path of a socket is short: it is reached from `/`.
 */
const SEND = `
use Socket;
my ($root, $path, $text) = @ARGV;
chdir $root or die "$root: $!\\n";
socket(my $socket, AF_UNIX, SOCK_DGRAM, 0) or die "socket: $!\\n";
my $message = pack 'LLLZ512', 0xcafebabe, 2, length $text, $text;
defined send($socket, $message, 0, pack_sockaddr_un($path)) or die "$path: $!\\n";
`;

/** `process` is any process of the machine as this system sees it. Throws `failed` when the kernel does not listen. */
export async function tellKernel(process: number, machine: string, text: string): Promise<void> {
  const path = `${UML_FOLDER}/${machine}/mconsole`.slice(1);
  await must('perl', ['-e', SEND, `/proc/${process}/root`, path, text]);
}
