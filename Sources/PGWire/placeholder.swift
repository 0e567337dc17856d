import COpenSSL
import CShims
