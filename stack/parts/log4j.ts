/**
 * Settings of Log4j 2 that write lines to the console.
 * @param root  the least level that is written
 * @param levels  of loggers that are written more, or less, of
 */
export function logToConsole(root: string, levels: Readonly<Record<string, string>>): string {
  return [
    'appender.console.type = Console',
    'appender.console.name = console',
    'appender.console.layout.type = PatternLayout',
    'appender.console.layout.pattern = %d{ISO8601} %p %c{1.}: %m%n%ex',
    `rootLogger.level = ${root}`,
    'rootLogger.appenderRef.console.ref = console',
    ...Object.entries(levels).flatMap(([name, level], index) => [
      `logger.l${index}.name = ${name}`,
      `logger.l${index}.level = ${level}`,
    ]),
    '',
  ].join('\n');
}
