import { get } from 'node:http';
import { WATCH } from '../../../contract/witness.ts';

/** Where an instance is found by its id, below its Region: docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-instance-naming.html */
export function domainOf(region: string): string {
  return region === 'us-east-1' ? 'ec2.internal' : `${region}.compute.internal`;
}

/**
 * Whether a health page answers well, and in time: all of it. A name that nobody resolves is no answer either.
 * @param answerMs from the question to the end of the answer. Milliseconds
 */
export function isWell(url: string, answerMs: number = WATCH.answerMs): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get(url, { agent: false }, (response) => {
      response.on('end', () => end(response.statusCode === 200 && response.complete));
      response.on('error', () => end(false));
      response.resume();
    });
    const timer = setTimeout(() => end(false), answerMs);
    const end = (well: boolean) => {
      clearTimeout(timer);
      resolve(well);
      request.destroy();
    };
    request.on('error', () => end(false));
  });
}
