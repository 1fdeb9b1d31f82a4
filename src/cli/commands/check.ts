import { EXIT } from '../../base/errors.ts';
import { DEFAULT_FILE } from '../../base/paths.ts';
import { formatIssue } from '../../config/issue.ts';
import { loadConfig } from '../../daemon/config-file.ts';
import { type Command, JSON_OPTION } from '../command.ts';
import { busily } from '../progress.ts';

export const command: Command = {
  usage: 'check [file]',
  summary: 'say whether a configuration file is right, and everything that is wrong with it',
  options: [JSON_OPTION],
  examples: ['fairlead check', 'fairlead check new.yaml', 'fairlead check --json fairlead.yaml | jq .issues'],
  async run([file = DEFAULT_FILE], options, io) {
    const loaded = busily(io, file, () => loadConfig(file));
    if (!loaded.ok && loaded.error.issues.length === 0) throw loaded.error.error;
    const issues = loaded.ok ? loaded.value.warnings : loaded.error.issues;
    if (options.json) {
      io.out(`${JSON.stringify({ valid: loaded.ok, issues })}\n`);
      return loaded.ok ? EXIT.done : EXIT.usage;
    }
    for (const issue of issues) io.err(`${formatIssue(issue)}\n`);
    if (!loaded.ok) throw loaded.error.error;
    const { services } = loaded.value.config;
    const servers = services.reduce((sum, service) => sum + service.servers.length, 0);
    io.out(`${file} is right: ${services.length} services, ${servers} servers\n`);
    return EXIT.done;
  },
};
