import { ArgumentParseError, buildApplication, buildRouteMap, text_en } from '@stricli/core';
import { EXIT, type Failed } from '../exit.ts';
import { cost } from './cost.ts';
import { doctor } from './doctor.ts';
import { incident } from './incident.ts';
import { incidents } from './incidents.ts';
import { said } from './kit.ts';
import { points } from './points.ts';
import { releaseQuarantine } from './release-quarantine.ts';
import { report } from './report.ts';
import { restore } from './restore.ts';
import { drill, heal } from './run.ts';
import { status } from './status.ts';
import { upload } from './upload.ts';
import { version } from './version.ts';

const TEXT = {
  ...text_en,
  noCommandRegisteredForInput: (given: Parameters<typeof text_en.noCommandRegisteredForInput>[0]) =>
    `${text_en.noCommandRegisteredForInput(given)}; --help lists what there is`,
  exceptionWhileRunningCommand: said,
  commandErrorResult: said,
  exceptionWhileParsingArguments: (error: unknown) =>
    error instanceof ArgumentParseError ? said(error.exception) : `${said(error)}; --help lists what there is`,
};

export const app = buildApplication(
  buildRouteMap({
    routes: {
      status,
      incidents,
      incident,
      points,
      heal,
      drill,
      releaseQuarantine,
      doctor,
      report,
      upload,
      restore,
      cost,
    },
    docs: { brief: 'How a stack of Remount stands, and what happened to it' },
  }),
  {
    name: 'remount',
    versionInfo: { currentVersion: version() },
    scanner: { caseStyle: 'allow-kebab-for-camel' },
    documentation: { disableAnsiColor: true },
    determineExitCode: (error) => (error as Failed).exitCode ?? EXIT.unasked,
    localization: { text: TEXT },
  },
);
