/** The machine's apt sources, in both forms, and what of them the lab takes. */
import { labSources, parseDeb822, parseOneLine, sourcesList } from '../../lib/lab/mirror.ts';
import { assert, suite } from '../suite.ts';

const test = suite('lab mirror');

const DEB822 = `# made by hand
Types: deb deb-src
URIs: http://mirror.example.net/debian/
Suites: bookworm
 bookworm-updates
Components: main
# a comment within
 contrib
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://mirror.example.net/debian-security
Suites: bookworm-security
Components: main

Types: deb
Enabled: no
URIs: http://off.example.net/debian
Suites: bookworm
Components: main
`;

test('deb822: several suites, continuation lines, comments, a paragraph that is off', () => {
  const all = parseDeb822(DEB822);
  assert.equal(
    all.map((one) => `${one.uri} ${one.suite} ${one.components.join('+')}`),
    [
      'http://mirror.example.net/debian bookworm main+contrib',
      'http://mirror.example.net/debian bookworm-updates main+contrib',
      'http://mirror.example.net/debian-security bookworm-security main',
    ],
  );
});

test('one line: options, comments, source packages left out', () => {
  const all = parseOneLine(`# deb http://no.example.net/debian bookworm main
deb [arch=amd64 trusted=yes] http://mirror.example.net/debian bookworm main contrib # near
deb-src http://mirror.example.net/debian bookworm main
deb [signed-by=/etc/apt/keyrings/x.gpg] https://x.example.net/linux/debian bookworm stable
`);
  assert.is(all.length, 2);
  assert.equal(all[0], {
    uri: 'http://mirror.example.net/debian',
    suite: 'bookworm',
    components: ['main', 'contrib'],
    trusted: true,
  });
  assert.is(all[1]?.signedBy, '/etc/apt/keyrings/x.gpg');
});

test('only Debian itself is taken: no third party, even one with the same suite and component', () => {
  const third = parseOneLine(
    'deb [signed-by=/etc/apt/keyrings/x.gpg] https://x.example.net/debian bookworm main\n' +
      'deb https://y.example.net/apt cloud-bookworm main\n',
  );
  const sources = labSources([...third, ...parseDeb822(DEB822)]);
  assert.equal(
    sources.map((one) => one.suite),
    ['bookworm', 'bookworm-updates', 'bookworm-security'],
  );
  assert.not.match(sourcesList(sources), 'x.example.net');
});

test('a machine of another release lends its mirror; one that knows none is told what to do', () => {
  const trixie = parseOneLine(
    'deb http://mirror.example.net/debian-security trixie-security main\n' +
      'deb http://mirror.example.net/debian trixie main\n',
  );
  assert.is(labSources(trixie)[0]?.uri, 'http://mirror.example.net/debian');
  assert.is(labSources(trixie)[0]?.suite, 'bookworm');
  assert.throws(() => labSources([]), /knows no mirror of Debian/);
});
