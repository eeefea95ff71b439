import { App, Stack } from 'aws-cdk-lib';

/** The least that a CDK app can be: what the others are measured against. */
const app = new App({ autoSynth: false });
new Stack(app, 'Empty');
app.synth();
