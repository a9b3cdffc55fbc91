import { describe, expect, it } from 'vitest';
import { parseSparkAddress } from './address.ts';

describe('an address of Spark Connect', () => {
  it.each([
    ['sc://127.0.0.1', 'http://127.0.0.1:15002'],
    ['sc://localhost:15003', 'http://localhost:15003'],
    ['sc://[::1]:15003/', 'http://[::1]:15003'],
    ['sc://spark.example:443/;use_ssl=true', 'https://spark.example:443'],
    ['sc://spark.example:443/;use_ssl=false', 'http://spark.example:443'],
  ])('%s is at %s', (text, baseUrl) => {
    expect(parseSparkAddress(text)).toMatchObject({ baseUrl, token: undefined });
  });

  it('with a token is reached by TLS alone', () => {
    expect(parseSparkAddress('sc://spark.example', 'abc').baseUrl).toBe('https://spark.example:15002');
    expect(() => parseSparkAddress('sc://spark.example/;use_ssl=false', 'abc')).toThrow(
      'a token is sent over TLS alone',
    );
  });

  it.each([
    ['127.0.0.1:15002', 'it must be written as sc://host:port'],
    ['sc://127.0.0.1:15002/path', 'it must be written as sc://host:port'],
    ['sc://127.0.0.1/;user_id=ann', 'use_ssl=true alone is known'],
  ])('%s is none', (text, why) => {
    expect(() => parseSparkAddress(text)).toThrow(why);
  });

  it('holds no token, and none is shown', () => {
    expect(() => parseSparkAddress('sc://127.0.0.1/;token=secret')).toThrow(/^(?!.*secret).*DAYBOOK_SPARK_TOKEN/);
  });
});
