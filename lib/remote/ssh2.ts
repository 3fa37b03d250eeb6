/** The package ssh2, known to this module alone. */
export {
  type BaseAgent,
  type Client,
  type ClientChannel,
  type ConnectConfig,
  default,
  type ParsedKey,
  type ServerHostKeyAlgorithm,
} from 'ssh2';
