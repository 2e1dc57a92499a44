using System.Runtime.CompilerServices;

// Every native signature is blittable: nothing is converted behind our back.
[assembly: DisableRuntimeMarshalling]
