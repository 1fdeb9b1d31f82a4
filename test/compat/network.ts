import { NAME_FILES } from './names.ts';
import { ADDRESSES } from './traffic.ts';

/** The shell script that gives the suite a network and names of its own and then runs `command`, quoted for a shell. It is
 *  for `unshare --mount --net`, so all of it ends with the command. */
export function surroundings(command: string): string {
  const files = Object.entries(NAME_FILES).map(
    ([path, content]) => `cat > /run/compat${path} <<'@end'\n${content}@end\nmount --bind /run/compat${path} ${path}`,
  );
  const addresses = ADDRESSES.map((address) => `addr add ${address} dev lo${address.includes(':') ? ' nodad' : ''}`);
  return `set -e
mount -t tmpfs tmpfs /run
mkdir -p /run/compat/etc
${files.join('\n')}
ip -batch - <<'@end'
link set lo up
${addresses.join('\n')}
link add lab0 type veth peer name lab1
link set lab0 up
link set lab1 up
@end
exec ${command}
`;
}
